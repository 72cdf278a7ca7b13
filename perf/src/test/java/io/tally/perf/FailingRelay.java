package io.tally.perf;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Between clients and a broker: it lets some connections through, and speaks to those that come later itself. */
final class FailingRelay implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int brokerPort;
    private final int relayedMax;

    FailingRelay(int brokerPort, int relayedMax) throws IOException {
        this.brokerPort = brokerPort;
        this.relayedMax = relayedMax;
        start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }

    /** Ends when a socket of it is closed. */
    private static void start(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        // One of both ends has gone.
                    }
                },
                "relay");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() throws IOException {
        for (int relayed = 0; true; relayed++) {
            Socket client = server.accept();
            if (relayed < relayedMax) {
                Socket broker = new Socket(InetAddress.getLoopbackAddress(), brokerPort);
                start(() -> copy(client, broker));
                start(() -> copy(broker, client));
            } else {
                client.getOutputStream().write("220 no more\r\n".getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    private static void copy(Socket from, Socket to) throws IOException {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
