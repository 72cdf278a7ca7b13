package io.tally.perf.load;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that subscribe and go away, by several threads at once; their sessions stay. Called by one thread. */
public final class OfflineSessions implements AutoCloseable {
    private final Target target;
    private final String clientId;
    private final String filter;
    private final int threads;
    private final ExecutorService pool;

    /**
     * Nothing is connected yet.
     *
     * @param clientId {@code %s} stands for the number of the session
     * @param filter of its one subscription; the same
     * @param threads how many connect at the same time
     */
    public OfflineSessions(Target target, String clientId, String filter, int threads) {
        this.target = target;
        this.clientId = clientId;
        this.filter = filter;
        this.threads = threads;
        pool = Executors.newFixedThreadPool(threads);
    }

    /** Makes the sessions with these numbers; returns when the broker has closed all connections. */
    public void make(int from, int to) throws IOException {
        List<Future<?>> parts = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int number = from + t;
            parts.add(pool.submit(() -> {
                make(number, to, threads);
                return null;
            }));
        }
        for (Future<?> part : parts) {
            try {
                part.get();
            } catch (ExecutionException e) {
                throw new IOException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while sessions were made", e);
            }
        }
    }

    private void make(int from, int to, int step) throws IOException {
        Handshake handshake = new Handshake(target);
        for (int i = from; i < to; i += step) {
            String number = Integer.toString(i);
            try (Wire wire = handshake.connect(clientId.replace("%s", number), true)) {
                handshake.subscribe(wire, List.of(filter.replace("%s", number)), 1);
                handshake.leave(wire);
            }
        }
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}
