package io.tally.perf.load;

import io.tally.protocol.codec.PingEncoder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Clients that connect and then do nothing, opened by several threads at once; another one sends the PINGREQ that a
 * broker asks for with a Server Keep Alive. Called by one thread.
 */
public final class IdleConnections implements AutoCloseable {
    private static final double NS_PER_SECOND = 1e9;
    private static final long MS_PER_SECOND = 1000;

    private final Target target;
    private final String prefix;
    private final ExecutorService pool;
    private final Timer pings = new Timer("pings", true);
    private final int threads;
    private final ProcessUsage broker;
    private final List<Socket> open = new ArrayList<>();

    /**
     * What there was when some of the clients had connected.
     *
     * @param seconds and {@code cpuSeconds}: since the sample before, while clients connected
     * @param cpuSeconds of the broker
     */
    public record Sample(int connections, double seconds, double cpuSeconds, long residentKb) {}

    /**
     * Nothing is connected yet.
     *
     * @param threads how many connect at the same time
     * @param brokerPids its processes
     */
    public IdleConnections(Target target, int threads, List<Long> brokerPids) {
        this.target = target;
        this.threads = threads;
        prefix = "idle-" + Long.toHexString(System.nanoTime()) + "-";
        pool = Executors.newFixedThreadPool(threads);
        broker = new ProcessUsage(brokerPids);
    }

    /** Connects so many more; looks at the broker when they are all let in, and after it had time to settle. */
    public Sample more(int count, long settleMs) throws IOException, InterruptedException {
        double cpuBefore = broker.cpuSeconds();
        long startNs = System.nanoTime();
        List<Future<List<Socket>>> parts = new ArrayList<>();
        int first = open.size();
        for (int t = 0; t < threads; t++) {
            int from = first + (int) ((long) count * t / threads);
            int to = first + (int) ((long) count * (t + 1) / threads);
            parts.add(pool.submit(() -> connect(from, to)));
        }
        for (Future<List<Socket>> part : parts) {
            try {
                open.addAll(part.get());
            } catch (ExecutionException e) {
                throw e.getCause() instanceof IOException known ? known : new IOException(e.getCause());
            }
        }
        double seconds = (System.nanoTime() - startNs) / NS_PER_SECOND;
        double cpuSeconds = broker.cpuSeconds() - cpuBefore;
        Thread.sleep(settleMs);
        return new Sample(open.size(), seconds, cpuSeconds, broker.residentKb());
    }

    private List<Socket> connect(int from, int to) throws IOException {
        List<Socket> sockets = new ArrayList<>();
        Handshake handshake = new Handshake(target);
        for (int i = from; i < to; i++) {
            Socket socket = open();
            try {
                handshake.connect(socket.getInputStream(), socket.getOutputStream(), prefix + i, false);
            } catch (SSLException e) {
                throw Tls.failure(e);
            }
            sockets.add(socket);
            if (handshake.keepAliveSeconds() > 0) {
                keepAlive(socket, handshake.keepAliveSeconds());
            }
        }
        return sockets;
    }

    private Socket open() throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(target.host(), target.port()));
        socket.setSoTimeout(Handshake.TIMEOUT_MS);
        socket.setTcpNoDelay(true); // CONNECT must not wait until the end of the handshake has been acknowledged.
        Tls tls = target.tls();
        return tls == null ? socket : tls.over(socket, target.host(), target.port());
    }

    private void keepAlive(Socket socket, int seconds) {
        byte[] pingreq = new byte[PingEncoder.LENGTH];
        PingEncoder.encodeRequest(new UnsafeBuffer(pingreq), 0);
        TimerTask ping = new TimerTask() {
            @Override
            public void run() {
                try {
                    socket.getOutputStream().write(pingreq);
                } catch (IOException e) {
                    cancel(); // It is lost, as will be counted.
                }
            }
        };
        pings.schedule(ping, seconds * MS_PER_SECOND / 2, seconds * MS_PER_SECOND / 2);
    }

    /** Connections that the broker has closed meanwhile. */
    public int lost() {
        int lost = 0;
        for (Socket socket : open) {
            try {
                socket.setSoTimeout(1);
                while (socket.getInputStream().read() >= 0) {
                    // PINGRESP.
                }
                lost++;
            } catch (SocketTimeoutException e) {
                // It is quiet, as it should be.
            } catch (IOException e) {
                lost++;
            }
        }
        return lost;
    }

    @Override
    public void close() {
        pool.shutdownNow();
        pings.cancel();
        for (Socket socket : open) {
            try {
                socket.close();
            } catch (IOException e) {
                // Nothing is owed to it.
            }
        }
    }
}
