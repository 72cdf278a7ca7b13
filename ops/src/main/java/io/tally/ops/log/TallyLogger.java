package io.tally.ops.log;

import io.tally.ops.config.LogType;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.jspecify.annotations.NullUnmarked;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.AbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/**
 * Turns SLF4J calls into lines. Libraries count one grade lower than our own classes: their information is debug, and
 * what is below that is for their authors. A name without a dot is ours too.
 */
@NullUnmarked
final class TallyLogger extends AbstractLogger {
    private static final long serialVersionUID = 1;

    /** Warns at every start of parts that are left out on purpose (JNA). */
    private static final String CHATTY = "net.openhft.affinity.";

    private final boolean isOurs;
    private final boolean isChatty;

    TallyLogger(String name) {
        this.name = name;
        this.isOurs = name.startsWith("io.tally.") || name.indexOf('.') < 0;
        this.isChatty = name.startsWith(CHATTY);
    }

    private LogType type(Level level, Marker marker) {
        if (marker != null && level == Level.INFO) {
            for (LogType type : LogType.values()) {
                if (type.name().equals(marker.getName())) {
                    return type;
                }
            }
        }
        return switch (level) {
            case ERROR -> LogType.ERROR;
            case WARN -> isChatty ? LogType.DEBUG : LogType.WARNING;
            case INFO -> isOurs ? LogType.INFORMATION : LogType.DEBUG;
            case DEBUG -> LogType.DEBUG;
            case TRACE -> LogType.INTERNAL;
        };
    }

    private boolean isEnabled(Level level, Marker marker) {
        boolean isForAuthors = !isOurs && level.toInt() < Level.INFO.toInt();
        return !isForAuthors && Logs.isEnabled(type(level, marker));
    }

    @Override
    protected void handleNormalizedLoggingCall(
            Level level, Marker marker, String pattern, Object[] arguments, Throwable throwable) {
        StringBuilder line = new StringBuilder(128);
        appendOnOneLine(MessageFormatter.basicArrayFormat(pattern, arguments), line);
        if (!isOurs) {
            line.append(" [").append(name).append(']');
        }
        if (throwable != null) {
            StringWriter trace = new StringWriter();
            throwable.printStackTrace(new PrintWriter(trace));
            line.append('\n').append(trace.toString().stripTrailing());
        }
        Logs.write(type(level, marker), line.toString());
    }

    /** Control characters become visible, so that no client id can forge a line. */
    private static void appendOnOneLine(String message, StringBuilder line) {
        if (message == null) {
            return;
        }
        for (int i = 0; i < message.length(); i++) {
            char c = message.charAt(i);
            if (Character.isISOControl(c)) {
                line.append(String.format("\\x%02x", (int) c));
            } else {
                line.append(c);
            }
        }
    }

    @Override
    protected String getFullyQualifiedCallerName() {
        return null;
    }

    @Override
    public boolean isTraceEnabled() {
        return isEnabled(Level.TRACE, null);
    }

    @Override
    public boolean isTraceEnabled(Marker marker) {
        return isEnabled(Level.TRACE, marker);
    }

    @Override
    public boolean isDebugEnabled() {
        return isEnabled(Level.DEBUG, null);
    }

    @Override
    public boolean isDebugEnabled(Marker marker) {
        return isEnabled(Level.DEBUG, marker);
    }

    @Override
    public boolean isInfoEnabled() {
        return isEnabled(Level.INFO, null);
    }

    @Override
    public boolean isInfoEnabled(Marker marker) {
        return isEnabled(Level.INFO, marker);
    }

    @Override
    public boolean isWarnEnabled() {
        return isEnabled(Level.WARN, null);
    }

    @Override
    public boolean isWarnEnabled(Marker marker) {
        return isEnabled(Level.WARN, marker);
    }

    @Override
    public boolean isErrorEnabled() {
        return isEnabled(Level.ERROR, null);
    }

    @Override
    public boolean isErrorEnabled(Marker marker) {
        return isEnabled(Level.ERROR, marker);
    }
}
