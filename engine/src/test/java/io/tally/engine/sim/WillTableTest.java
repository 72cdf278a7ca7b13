package io.tally.engine.sim;

import io.tally.protocol.command.ConnectCommand;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Will delay, session expiry, ways in which a connection ends, and returns of the client, in all orders
 * [MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT-3.1.3-9] [MQTT-3.14.4-3].
 */
class WillTableTest {
    private static final long LONG_AFTER = 10_000;

    /**
     * Seconds throughout.
     *
     * @param delay of the will
     * @param expiry of the session, "never" = it does not expire
     * @param end of the connection; a number behind it is the session expiry that its DISCONNECT says
     * @param then what the client does so many seconds later: "return" to its session, "clean" start
     * @param published so many seconds after the end, or "never"
     */
    @ParameterizedTest(name = "delay {0}, expiry {1}, {2}, {3}: {4}")
    @CsvSource(delimiter = '|', textBlock = """
        0  | never | cut           | -         | 0
        0  | 10    | cut           | -         | 0
        0  | 0     | cut           | -         | 0
        5  | never | cut           | -         | 5
        5  | 10    | cut           | -         | 5
        10 | 10    | cut           | -         | 10
        20 | 10    | cut           | -         | 10
        20 | 0     | cut           | -         | 0

        0  | never | close         | -         | never
        5  | never | close         | -         | never
        20 | 10    | close         | -         | never
        0  | 0     | close         | -         | never
        5  | 10    | close 3       | -         | never
        5  | 10    | close 0       | -         | never

        0  | never | close-will    | -         | 0
        5  | never | close-will    | -         | 5
        20 | 10    | close-will    | -         | 10
        5  | 10    | close-will 3  | -         | 3
        5  | 10    | close-will 0  | -         | 0
        20 | 10    | close-will 15 | -         | 15
        20 | 10    | close-will 60 | -         | 20

        0  | never | crash         | -         | 0
        5  | never | crash         | -         | 5
        20 | 10    | crash         | -         | 10
        20 | 0     | crash         | -         | 0

        0  | never | return        | -         | 0
        5  | never | return        | -         | never
        20 | 10    | return        | -         | never
        5  | 0     | return        | -         | 0
        0  | never | clean         | -         | 0
        5  | never | clean         | -         | 0
        20 | 10    | clean         | -         | 0

        5  | never | cut           | return 4  | never
        5  | never | cut           | return 5  | 5
        5  | never | cut           | return 6  | 5
        5  | never | cut           | clean 4   | 4
        5  | never | cut           | clean 6   | 5
        20 | 10    | cut           | return 9  | never
        20 | 10    | cut           | return 10 | 10
        20 | 10    | cut           | clean 9   | 9
        20 | 10    | cut           | clean 11  | 10
        0  | 10    | cut           | return 5  | 0
        5  | never | close         | return 2  | never
        5  | never | close         | clean 2   | never
        5  | 10    | close-will 3  | return 2  | never
        5  | 10    | close-will 3  | clean 2   | 2
        5  | 10    | close-will 3  | return 3  | 3
        5  | never | crash         | return 4  | never
        5  | never | crash         | clean 4   | 4
        20 | 10    | crash         | return 11 | 10
        """)
    void willIsPublishedExactlyOnceAndExactlyThen(
            long delay, String expiry, String end, String then, String published) {
        long expirySeconds = expiry.equals("never") ? ConnectCommand.EXPIRY_NEVER : Long.parseLong(expiry);
        try (Scenario broker = Scenario.start()) {
            ScenarioClient watcher =
                    broker.client("watcher").connect(ConnectOptions.PERSISTENT).subscribe("state", 2);
            ScenarioClient meter = broker.client("meter");
            ConnectOptions options = ConnectOptions.PERSISTENT.expiry(expirySeconds);
            meter.connect(options.will("state", "lost", 1).willDelay(delay));
            end(broker, watcher, meter, options, end.split(" "));
            Clock clock = new Clock(broker, watcher, published.equals("never") ? -1 : Long.parseLong(published));
            clock.expect();
            if (!then.equals("-")) {
                String[] comesBack = then.split(" ");
                clock.goTo(Long.parseLong(comesBack[1]));
                meter.connect(options.expiry(ConnectCommand.EXPIRY_NEVER).cleanStart(comesBack[0].equals("clean")));
                clock.expect();
            }
            clock.goTo(LONG_AFTER);
            meter.connect(options).cut();
            watcher.expectNothing();
        }
    }

    private static void end(
            Scenario broker, ScenarioClient watcher, ScenarioClient meter, ConnectOptions options, String[] end) {
        long expirySeconds = end.length == 1 ? Packet.NONE : Long.parseLong(end[1]);
        switch (end[0]) {
            case "cut" -> meter.cut();
            case "close" -> meter.disconnect(0, expirySeconds);
            case "close-will" -> meter.disconnect(4, expirySeconds);
            case "return" -> broker.twin("meter").connect(options);
            case "clean" -> broker.twin("meter").connect(options.cleanStart(true));
            case "crash" -> {
                broker.checkpoint().crash().restart();
                watcher.reconnect();
            }
            default -> throw new IllegalArgumentException(end[0]);
        }
    }

    /** Goes on second by second and looks at each. */
    private static final class Clock {
        private final Scenario broker;
        private final ScenarioClient watcher;
        private final long due;
        private boolean hasCome;
        private long seconds;

        Clock(Scenario broker, ScenarioClient watcher, long due) {
            this.broker = broker;
            this.watcher = watcher;
            this.due = due;
        }

        void goTo(long end) {
            while (seconds < end) {
                long step = seconds < 60 ? 1 : end - seconds;
                broker.advanceSeconds(step);
                seconds += step;
                if (seconds < end || end == LONG_AFTER) {
                    expect();
                }
            }
        }

        /** What comes at this second must have come by now; a will that comes with a return does so behind it. */
        void expect() {
            if (!hasCome && seconds == due) {
                watcher.expectAndAcknowledge("lost");
                hasCome = true;
            }
            watcher.expectNothing();
        }
    }
}
