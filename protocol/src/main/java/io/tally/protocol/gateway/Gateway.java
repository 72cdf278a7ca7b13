package io.tally.protocol.gateway;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.unix.DomainSocketAddress;
import io.tally.protocol.listener.Listener;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The listeners, and the I/O loops that their connections are spread over. Called by the thread that starts and stops
 * the broker; the loops are driven by others, or by that thread.
 */
public final class Gateway {
    private final GatewayConfig config;
    private final List<IoLoop> loops;
    private final AtomicInteger connectionCount = new AtomicInteger();
    private final List<Channel> listeners = new ArrayList<>();

    /** @param loops made with the same configuration; loop 0 accepts */
    public Gateway(GatewayConfig config, List<IoLoop> loops) {
        if (loops.isEmpty() || loops.size() > IoLoop.LOOPS_MAX) {
            throw new IllegalArgumentException(loops.size() + " I/O loops, must be 1 to " + IoLoop.LOOPS_MAX);
        }
        this.config = config;
        this.loops = List.copyOf(loops);
        this.loops.forEach(loop -> loop.share(this.loops.get(0)));
    }

    /**
     * Starts to listen on all addresses and answers them with the ports taken. Loop 0 must be running, or be owned by
     * the calling thread, which then drives it meanwhile.
     *
     * @throws IOException when a required address cannot be had; none is listened on then
     */
    public List<SocketAddress> open() throws IOException {
        try {
            List<List<SocketAddress>> resolved = new ArrayList<>();
            for (Listener wanted : config.listeners()) {
                resolved.add(Addresses.resolve(wanted)); // Before anybody can connect.
            }
            List<SocketAddress> addresses = new ArrayList<>();
            for (int i = 0; i < resolved.size(); i++) {
                addresses.addAll(open(config.listeners().get(i), resolved.get(i)));
            }
            return addresses;
        } catch (IOException e) {
            closeListeners();
            throw e;
        }
    }

    /** One of the addresses that a name stands for is enough, but nobody else may have any. */
    private List<SocketAddress> open(Listener wanted, List<SocketAddress> resolved) throws IOException {
        List<SocketAddress> addresses = new ArrayList<>();
        Acceptor acceptor = new Acceptor(loops, wanted, config.connectionsMax(), connectionCount);
        IOException failure = null;
        for (SocketAddress address : resolved) {
            removeStale(wanted, address);
            Channel listener = newListener(wanted, acceptor);
            ChannelFuture bound = bind(listener, address);
            await(bound);
            if (bound.isSuccess()) {
                listeners.add(listener);
                addresses.add(listener.localAddress());
                continue;
            }
            await(listener.close());
            failure = cannotListen(wanted, address, bound.cause());
            if (isInUse(bound.cause())) {
                throw failure;
            }
        }
        if (addresses.isEmpty() && wanted.required() && failure != null) {
            throw failure;
        }
        return addresses;
    }

    /** A unix socket that nobody listens on any more, left by a process that was killed. */
    private static void removeStale(Listener wanted, SocketAddress address) throws IOException {
        if (!(address instanceof DomainSocketAddress unix)) {
            return;
        }
        Path path = Path.of(unix.path());
        if (!Files.exists(path)) {
            return;
        }
        if (!Files.readAttributes(path, BasicFileAttributes.class).isOther()) {
            throw Addresses.unusable(wanted, path + " is a file and no socket; remove it or use another path", null);
        }
        try (SocketChannel other = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException nobodyListens) {
            Files.delete(path);
            return;
        }
        throw Addresses.unusable(wanted, "cannot listen on " + path + ": another program listens there already", null);
    }

    private static boolean isInUse(Throwable cause) {
        return String.valueOf(cause.getMessage()).contains("in use");
    }

    private static IOException cannotListen(Listener wanted, SocketAddress address, Throwable cause) {
        String place = wanted.place().isEmpty() ? "" : wanted.place() + ": ";
        String message = String.valueOf(cause.getMessage());
        String reason = isInUse(cause)
                ? "another program listens there already"
                : message.substring(message.lastIndexOf(": ") + 1).strip();
        return new IOException(place + "cannot listen on " + Addresses.text(address) + ": " + reason, cause);
    }

    private Channel newListener(Listener wanted, Acceptor acceptor) throws IOException {
        Channel listener = config.transport().newServerChannel(wanted);
        listener.config().setOption(ChannelOption.SO_REUSEADDR, true);
        listener.config().setOption(ChannelOption.SO_BACKLOG, config.backlog());
        listener.pipeline().addLast(acceptor);
        return listener;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Binding answers by the promise that is returned.
    private ChannelFuture bind(Channel listener, SocketAddress address) {
        EventLoop loop = loops.get(0).eventLoop();
        DefaultChannelPromise bound = new DefaultChannelPromise(listener, loop);
        loop.register(listener).addListener(registered -> {
            if (registered.isSuccess()) {
                listener.bind(address, bound);
            } else {
                bound.setFailure(registered.cause());
            }
        });
        return bound;
    }

    private void await(ChannelFuture future) throws IOException {
        IoLoop loop = loops.get(0);
        if (loop.eventLoop().inEventLoop()) {
            while (!future.isDone()) {
                loop.doWork();
            }
            return;
        }
        try {
            future.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Connections open now. */
    public int connectionCount() {
        return connectionCount.get();
    }

    /** Stops to listen; connections stay. */
    public void closeListeners() throws IOException {
        for (Channel listener : listeners) {
            SocketAddress address = listener.localAddress();
            await(listener.close());
            if (address instanceof DomainSocketAddress unix) {
                Files.deleteIfExists(Path.of(unix.path()));
            }
        }
        listeners.clear();
    }

    /**
     * Stops to listen and has all connections closed: 5.0 clients get DISCONNECT with Server shutting down. Done when
     * {@link #isDrained}; until then the loops, and what empties the command ring, must go on.
     */
    public void shutdown() throws IOException {
        closeListeners();
        loops.forEach(IoLoop::shutdown);
    }

    /** Whether after {@link #shutdown} every connection is closed and has told the engine so. */
    public boolean isDrained() {
        return loops.stream().allMatch(IoLoop::isDrained);
    }
}
