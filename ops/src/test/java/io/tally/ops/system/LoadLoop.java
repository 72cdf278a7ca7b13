package io.tally.ops.system;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One thread that drives many MQTT connections. It owns every client and everything that the clients share, such as
 * their ledger; other threads look at those only through {@link #call}.
 */
final class LoadLoop implements AutoCloseable {
    private static final long SELECT_MS = 1;
    private final Selector selector = Selector.open();
    private final InetSocketAddress address;
    private final List<LoadConnection> connections = new ArrayList<>();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean running = true;
    private volatile @Nullable Throwable failure;

    LoadLoop(int port) throws IOException {
        address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        thread = new Thread(this::run, "load");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Adds a client; its connection is opened on the loop's next round. */
    LoadConnection add(LoadClient client) throws InterruptedException {
        LoadConnection connection = new LoadConnection(client, selector, address);
        call(() -> connections.add(connection));
        return connection;
    }

    /** Runs something on the loop's thread and returns its result. */
    <T> T call(Callable<T> task) throws InterruptedException {
        FutureTask<T> future = new FutureTask<>(task);
        tasks.add(future);
        selector.wakeup();
        try {
            return future.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("the load loop failed", failure != null ? failure : e);
        }
    }

    @Override
    public void close() throws IOException {
        running = false;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        for (LoadConnection connection : connections) {
            connection.close();
        }
        selector.close();
    }

    private void run() {
        try {
            while (running) {
                round();
            }
        } catch (IOException | RuntimeException e) {
            failure = e;
        }
    }

    private void round() throws IOException {
        selector.select(SELECT_MS);
        for (SelectionKey key : selector.selectedKeys()) {
            if (key.isValid()) {
                ((LoadConnection) key.attachment()).onReady(key);
            }
        }
        selector.selectedKeys().clear();
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        long now = System.nanoTime();
        for (int i = 0; i < connections.size(); i++) {
            connections.get(i).tick(now);
        }
    }
}
