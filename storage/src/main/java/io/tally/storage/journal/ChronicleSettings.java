package io.tally.storage.journal;

import net.openhft.chronicle.core.Jvm;
import net.openhft.chronicle.core.onoes.ExceptionHandler;
import net.openhft.posix.PosixAPI;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Settings of Chronicle that hold for the whole process. */
final class ChronicleSettings {
    private static final Logger LOG = LoggerFactory.getLogger("chronicle");

    private ChronicleSettings() {}

    /** To be called before the first use of any class of Chronicle. */
    static void apply() {
        // It sends usage data to a service on the internet otherwise.
        System.setProperty("chronicle.analytics.disable", "true");
        System.setProperty("chronicle.announcer.disable", "true");
        System.setProperty("chronicle.disk.monitor.disable", "true");
        System.setProperty("disable.perf.info", "true");
        Handlers.install();
    }

    /** Apart, because its code refers to classes of Chronicle. */
    private static final class Handlers {
        static void install() {
            // What it would call the system for we do ourselves; making the bindings takes a tenth of a second.
            PosixAPI.useNoOpPosixApi();
            ExceptionHandler none = (source, message, thrown) -> {};
            Jvm.setExceptionHandlers(
                    (source, message, thrown) -> LOG.error("{}", message, thrown),
                    (source, message, thrown) -> LOG.warn("{}", message, thrown),
                    none,
                    none);
        }
    }
}
