package io.tally.ops.launch;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Buffers of Netty that were collected without being released. Found late, and on any thread. */
final class LeakedBuffers {
    private static final AtomicReference<@Nullable String> FOUND = new AtomicReference<>();

    private LeakedBuffers() {}

    /** From now on every buffer is watched; to be called before Netty makes the first. */
    static void detect() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new ResourceLeakDetectorFactory() {
            @Override
            @SuppressWarnings("deprecation") // It is abstract.
            public <T> ResourceLeakDetector<T> newResourceLeakDetector(
                    Class<T> resource, int samplingInterval, long maxActive) {
                return newResourceLeakDetector(resource, samplingInterval);
            }

            @Override
            public <T> ResourceLeakDetector<T> newResourceLeakDetector(Class<T> resource, int samplingInterval) {
                return new Detector<>(resource, samplingInterval);
            }
        });
    }

    private static final class Detector<T> extends ResourceLeakDetector<T> {
        Detector(Class<T> resource, int samplingInterval) {
            super(resource, samplingInterval);
        }

        @Override
        protected boolean needReport() {
            return true;
        }

        @Override
        protected void reportTracedLeak(String resource, String records) {
            FOUND.compareAndSet(null, resource + records);
        }

        @Override
        protected void reportUntracedLeak(String resource) {
            FOUND.compareAndSet(null, resource);
        }
    }

    /** Throws when one was found. */
    static void check() {
        String found = FOUND.getAndSet(null);
        if (found != null) {
            throw new AssertionError("a buffer was never released: " + found);
        }
    }
}
