package io.tally.ops.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A port of this machine that leads to a unix socket, for a client library that speaks TCP only. It takes connections
 * of this user only: the permissions of the unix socket hold. Ends with the process.
 */
final class UnixRelay {
    private static final List<Path> CONNECTIONS = List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));
    private static final Path OWN_STATUS = Path.of("/proc/self");
    private static final int UID_COLUMN = 7;
    private static final int BUFFER_BYTES = 1 << 16;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private final Path path;
    private final ServerSocket entrance;

    private UnixRelay(Path path, ServerSocket entrance) {
        this.path = path;
        this.entrance = entrance;
    }

    /** Opens it; fails when nobody listens at the unix socket. */
    static int open(Path path) throws ToolFailure {
        try {
            connect(path).close();
            UnixRelay relay = new UnixRelay(path, new ServerSocket(0, 8, InetAddress.getByAddress(LOOPBACK)));
            start("unix-relay", relay::accept);
            return relay.entrance.getLocalPort();
        } catch (IOException e) {
            String why = Files.exists(path) ? String.valueOf(e.getMessage()) : "there is no such socket";
            throw new ToolFailure(ToolFailure.NOT_CONNECTED, path + ": " + why);
        }
    }

    private static SocketChannel connect(Path path) throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(path));
    }

    private void accept() {
        while (true) {
            try {
                Socket client = entrance.accept();
                if (isOwn(client)) {
                    carry(client);
                } else {
                    client.close();
                }
            } catch (IOException e) {
                // The client's connection has ended; it tries again.
            }
        }
    }

    /** Whether the other side belongs to this user: the kernel names the owner of each end. */
    private boolean isOwn(Socket client) throws IOException {
        Pattern pattern = Pattern.compile(
                ".*:%04X [0-9A-F]*0100007F:%04X .*".formatted(client.getPort(), entrance.getLocalPort()));
        String user = Files.getAttribute(OWN_STATUS, "unix:uid").toString();
        for (Path table : CONNECTIONS) {
            for (String line : Files.exists(table) ? Files.readAllLines(table) : List.<String>of()) {
                if (pattern.matcher(line).matches()) {
                    return line.strip().split(" +", -1)[UID_COLUMN].equals(user);
                }
            }
        }
        return false;
    }

    private void carry(Socket client) throws IOException {
        try (SocketChannel broker = connect(path);
                client) {
            client.setTcpNoDelay(true);
            Thread back = start("unix-relay-back", () -> toClient(broker, client));
            InputStream in = client.getInputStream();
            byte[] buffer = new byte[BUFFER_BYTES];
            int length;
            while ((length = in.read(buffer)) >= 0) {
                ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, length);
                while (bytes.hasRemaining()) {
                    broker.write(bytes);
                }
            }
            broker.shutdownOutput();
            back.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void toClient(SocketChannel broker, Socket client) {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        try (client) {
            OutputStream out = client.getOutputStream();
            while (broker.read(buffer) >= 0) {
                out.write(buffer.array(), 0, buffer.position());
                buffer.clear();
            }
        } catch (IOException e) {
            return; // One of both sides has gone: closed for the other.
        }
    }

    private static Thread start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
