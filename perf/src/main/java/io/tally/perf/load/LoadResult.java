package io.tally.perf.load;

import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What a run has shown.
 *
 * @param received latency of the messages due within the measured time, until subscribers had them, in nanoseconds
 * @param acknowledged the same until the last acknowledgement to the publisher; empty at QoS 0
 * @param late how long after they were due messages were sent that nothing but the driver held up, in nanoseconds
 * @param histograms of {@code received}, one for each interval of the measured time and one for the drain
 * @param intervals the measured time, part by part
 * @param security version and ciphers of TLS; empty = there was none
 * @param failure the first thing that went wrong, or null
 */
public record LoadResult(
        Measured measured,
        Totals totals,
        Special special,
        Usage usage,
        Histogram received,
        Histogram acknowledged,
        Histogram late,
        List<Histogram> histograms,
        List<Interval> intervals,
        String security,
        @Nullable String failure) {

    /**
     * The measured time.
     *
     * @param in messages sent at QoS 0, acknowledged in full at QoS 1 and 2
     * @param out messages received
     */
    public record Measured(double seconds, long in, long out) {
        public double inPerSecond() {
            return in / seconds;
        }

        public double outPerSecond() {
            return out / seconds;
        }
    }

    /**
     * The whole run, warm-up and drain included.
     *
     * @param unacknowledged sent at QoS 1 or 2 and never answered; whether they arrived is not looked at
     * @param refused answered with a reason code of 0x80 or above
     * @param receivedLeast deliveries to the subscriber that got the fewest; 0 if there is none
     * @param lost deliveries that never came of messages that were acknowledged, or sent at QoS 0
     * @param doubled deliveries that came again
     * @param redelivered deliveries that came again on a resumed session and said so, as they must at QoS 1 and 2
     * @param reordered deliveries behind a later message of the same publisher
     * @param idsInUse deliveries at QoS 2 with the packet id of another message that was not released; they are lost
     * @param foreign deliveries of messages that are not of this run
     * @param notBack clients that were cut off and have not been let in again
     */
    public record Totals(
            long sent,
            long acknowledged,
            long unacknowledged,
            long refused,
            long received,
            long receivedLeast,
            long lost,
            long doubled,
            long redelivered,
            long reordered,
            long idsInUse,
            long foreign,
            int connectionsLost,
            int notBack) {}

    /**
     * What happened beside the load; zeros if nothing did.
     *
     * @param takeOvers connections that took the session of the one client id over
     * @param takeOversMissed those that were begun and never accepted
     * @param fillSeconds until all of the backlog was acknowledged
     * @param drainSeconds from when its clients came back until all of it had arrived
     * @param fetched messages of the backlog that have arrived
     * @param reconnects from the end of a connection until its client was let in again, in nanoseconds
     * @param storms times that all clients were cut off together and came back
     * @param stormSecondsMax until the last of them was back, in the slowest storm
     */
    public record Special(
            long takeOvers,
            long takeOversMissed,
            double fillSeconds,
            double drainSeconds,
            long fetched,
            Histogram reconnects,
            int storms,
            double stormSecondsMax) {}

    /**
     * Of the measured time.
     *
     * @param brokerCpuSeconds NaN when no process was named, as all figures of the broker
     * @param brokerResidentKb the most seen
     */
    public record Usage(double brokerCpuSeconds, long brokerResidentKb, double loadCpuSeconds) {}

    /** One part of the measured time, from the end of the one before to so many seconds after its start. */
    public record Interval(double endSeconds, double inPerSecond, double outPerSecond, double brokerCores) {}

    /** CPU time of the broker for each message that came in or went out. */
    public double brokerCpuMicrosPerMessage() {
        return usage.brokerCpuSeconds * 1e6 / (measured.in + measured.out);
    }
}
