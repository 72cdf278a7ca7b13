package io.tally.ops.log;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.slf4j.LoggerFactory;

/**
 * Sends java.util.logging here instead of to the console. Named by the system property
 * {@code java.util.logging.config.class}, so that it costs nothing until a library logs that way.
 */
public final class JulRouting {
    /** Called by the log manager when it is first used. */
    public JulRouting() {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        root.setLevel(Level.INFO);
        root.addHandler(new ToSlf4j());
    }

    private static final class ToSlf4j extends Handler {
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord entry) {
            String name = entry.getLoggerName() == null ? "java.util.logging" : entry.getLoggerName();
            org.slf4j.Logger logger = LoggerFactory.getLogger(name);
            int level = entry.getLevel().intValue();
            String message = formatter.formatMessage(entry);
            if (level >= Level.SEVERE.intValue()) {
                logger.error(message, entry.getThrown());
            } else if (level >= Level.WARNING.intValue()) {
                logger.warn(message, entry.getThrown());
            } else {
                logger.info(message, entry.getThrown());
            }
        }

        @Override
        public void flush() {
            // written by the log thread
        }

        @Override
        public void close() {
            // nothing is held
        }
    }
}
