package io.tally.protocol.listener;

/**
 * How much may happen in a time, over all listeners. 0 stands for no limit.
 *
 * @param connectsPerSecond CONNECT packets of all clients; above it Connection rate exceeded
 * @param connectsPerAddress CONNECT packets a second from one address; likewise
 * @param messagesPerSecond PUBLISH packets of one client; above it nothing is read from it until the time has caught up
 * @param bytesPerSecond of one client, everything counted; likewise
 * @param closing whether a client above its messages or bytes is closed with Message rate too high instead
 * @param flappingConnects accepted connections of one client id from one address, within the following time
 * @param flappingSeconds from the first of them on
 * @param banSeconds so long such a client gets Banned
 * @param failedLogins wrong passwords and proofs from one address, within the following time
 * @param failedLoginSeconds from the first of them on
 * @param failedLoginBanSeconds so long nobody may log in from there: Banned
 */
public record RateLimits(
        int connectsPerSecond,
        int connectsPerAddress,
        int messagesPerSecond,
        int bytesPerSecond,
        boolean closing,
        int flappingConnects,
        int flappingSeconds,
        int banSeconds,
        int failedLogins,
        int failedLoginSeconds,
        int failedLoginBanSeconds) {
    /** Connections from one address, and of one flapping client, are counted up to this. */
    public static final int COUNT_MAX = 4000;

    public static final RateLimits NONE = new RateLimits(0, 0, 0, 0, false, 0, 0, 0, 0, 0, 0);

    public RateLimits {
        check(connectsPerSecond, Integer.MAX_VALUE, "connectsPerSecond");
        check(connectsPerAddress, COUNT_MAX, "connectsPerAddress");
        check(messagesPerSecond, Integer.MAX_VALUE, "messagesPerSecond");
        check(bytesPerSecond, Integer.MAX_VALUE, "bytesPerSecond");
        check(flappingConnects, COUNT_MAX, "flappingConnects");
        check(flappingSeconds, Integer.MAX_VALUE, "flappingSeconds");
        check(banSeconds, Integer.MAX_VALUE, "banSeconds");
        check(failedLogins, COUNT_MAX, "failedLogins");
        check(failedLoginSeconds, Integer.MAX_VALUE, "failedLoginSeconds");
        check(failedLoginBanSeconds, Integer.MAX_VALUE, "failedLoginBanSeconds");
    }

    private static void check(int value, int most, String name) {
        if (value < 0 || value > most) {
            throw new IllegalArgumentException(name + " is " + value + ", must be 0 to " + most);
        }
    }

    /** Whether each client has a limit of its own. */
    public boolean isPerClient() {
        return messagesPerSecond != 0 || bytesPerSecond != 0;
    }
}
