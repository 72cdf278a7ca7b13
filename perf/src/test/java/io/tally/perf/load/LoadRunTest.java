package io.tally.perf.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.perf.load.FakeBroker.Fault;
import io.tally.perf.load.LoadResult.Totals;
import io.tally.perf.load.Workload.Beside;
import io.tally.perf.load.Workload.Phases;
import io.tally.perf.report.Report;
import io.tally.perf.report.Report.Subject;
import io.tally.protocol.codec.ProtocolVersion;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The driver against a broker whose faults are known. */
class LoadRunTest {
    private static final int RATE = 2_000;
    private static final int WINDOW = 10;
    private static final int LAG = 1_000;

    private int published;

    private static Workload workload(int qos, double rate, double seconds) {
        return workload(qos, rate, seconds, false, Beside.NOTHING);
    }

    private static Workload workload(int qos, double rate, double seconds, boolean persistent, Beside beside) {
        Phases phases = new Phases(0, seconds, 0.5);
        int qosOut = qos == 2 ? 2 : 0;
        return new Workload(1, 2, qos, qosOut, 64, WINDOW, LAG, rate, persistent, "t/%p", 1, "t/#", beside, phases);
    }

    private LoadResult run(Fault fault, Workload workload) throws IOException {
        try (FakeBroker broker = new FakeBroker(fault)) {
            Target target = new Target("127.0.0.1", broker.port(), ProtocolVersion.V3_1_1);
            try (LoadRun run = new LoadRun(target, workload, List.of())) {
                LoadResult result = run.run();
                published = broker.published();
                return result;
            }
        }
    }

    @Test
    void countsEveryMessageOfAnHonestBroker() throws Exception {
        for (int qos = 0; qos <= 2; qos++) {
            LoadResult result = run(Fault.NONE, workload(qos, 0, 0.2));
            Totals totals = result.totals();
            assertNull(result.failure());
            assertTrue(totals.sent() > 0);
            assertEquals(published, totals.sent());
            assertEquals(qos == 0 ? 0 : published, totals.acknowledged());
            assertEquals(2L * published, totals.received());
            assertEquals(0, totals.lost() + totals.doubled() + totals.reordered() + totals.unacknowledged());
            assertTrue(result.measured().in() > 0 && result.measured().in() <= published);
        }
    }

    @Test
    void findsEveryLostMessage() throws Exception {
        Totals totals = run(Fault.LOSE, workload(1, RATE, 0.2)).totals();
        assertTrue(published >= FakeBroker.FAULT_EVERY);
        assertEquals(2L * (published / FakeBroker.FAULT_EVERY), totals.lost());
        assertEquals(0, totals.doubled() + totals.reordered());
    }

    @Test
    void findsEveryDoubledMessage() throws Exception {
        for (int qos = 1; qos <= 2; qos++) {
            findsEveryDoubledMessage(run(Fault.DOUBLE, workload(qos, RATE, 0.2)));
        }
    }

    private void findsEveryDoubledMessage(LoadResult result) {
        Totals totals = result.totals();
        assertTrue(published >= FakeBroker.FAULT_EVERY);
        assertEquals(2L * (published / FakeBroker.FAULT_EVERY), totals.doubled());
        assertEquals(2L * published, totals.received());
        assertEquals(0, totals.lost() + totals.reordered() + totals.redelivered() + totals.idsInUse());
        long measured = result.acknowledged().getTotalCount();
        assertTrue(measured > 0);
        assertEquals(2 * measured, result.received().getTotalCount(), "two subscribers, each message once");
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"AGAIN", "AGAIN_WITH_DUP"})
    void whatComesAgainOnAHealthyConnectionIsDoubled(Fault fault) throws Exception {
        findsEveryDoubledMessage(run(fault, workload(2, RATE, 0.2)));
    }

    @Test
    void findsEveryPacketIdInUse() throws Exception {
        Workload workload = workload(2, RATE, 0.2);
        LoadResult result = run(Fault.ID_IN_USE, workload);
        Totals totals = result.totals();
        long reused = (published - 1) / FakeBroker.FAULT_EVERY;
        assertTrue(reused >= 1);
        assertEquals(2 * reused, totals.idsInUse());
        assertEquals(2 * reused, totals.lost(), "a client drops them");
        assertEquals(0, totals.doubled() + totals.reordered() + totals.redelivered());
        Subject subject = new Subject("ids", "bench", "fake", "", "none", Instant.EPOCH);
        Target target = new Target("127.0.0.1", 0, ProtocolVersion.V3_1_1);
        List<String> problems = new Report(subject, target, workload, result).problems();
        assertTrue(problems.contains(2 * reused + " with a packet id in use"), problems.toString());
    }

    @Test
    void aResumedSessionMaySendAgainWhatWasNotAnswered() throws Exception {
        Beside resumes = new Beside(0, 0, 0, 1, 1, 0);
        LoadResult result = run(Fault.RESUME, workload(2, RATE, 0.6, true, resumes));
        Totals totals = result.totals();
        assertNull(result.failure());
        assertEquals(2, result.special().reconnects().getTotalCount());
        assertTrue(totals.redelivered() >= 2, totals.redelivered() + " redelivered");
        assertEquals(2L * published, totals.received());
        assertEquals(0, totals.lost() + totals.doubled() + totals.reordered() + totals.idsInUse());
        assertEquals(
                2 * result.acknowledged().getTotalCount(), result.received().getTotalCount());
    }

    @Test
    void aResumedSessionMaySendAgainOnlyOnce() throws Exception {
        Beside resumes = new Beside(0, 0, 0, 1, 1, 0);
        Totals totals =
                run(Fault.RESUME_TWICE, workload(2, RATE, 0.6, true, resumes)).totals();
        assertTrue(totals.redelivered() >= 2 && totals.doubled() >= totals.redelivered(), totals.toString());
        assertEquals(0, totals.lost() + totals.reordered() + totals.idsInUse());
    }

    @Test
    void findsEveryReorderedMessage() throws Exception {
        Totals totals = run(Fault.SWAP, workload(1, RATE, 0.2)).totals();
        long swapped = (published - 1) / FakeBroker.FAULT_EVERY;
        assertTrue(swapped >= 1);
        assertEquals(2 * swapped, totals.reordered());
        assertEquals(0, totals.doubled());
    }

    @Test
    void publishersDoNotWaitForEverForWhatIsLostAtQos0() throws Exception {
        assertTrue(FakeBroker.GAP > LAG, "nothing comes that could show the loss");
        Totals totals = run(Fault.GAP, workload(0, 0, 1.5)).totals();
        assertTrue(published > FakeBroker.FAULT_EVERY + FakeBroker.GAP);
        assertEquals(2 * FakeBroker.GAP, totals.lost());
        assertEquals(2L * published - totals.lost(), totals.received());
    }

    @Test
    void aLostConnectionIsAFailure() throws Exception {
        LoadResult result = run(Fault.HANG_UP, workload(1, RATE, 5));
        assertNotNull(result.failure());
        assertEquals(1, result.totals().connectionsLost());
        assertTrue(result.measured().seconds() < 5, "nobody is left to go on");
    }

    @Test
    void aSessionThatTheBrokerHasForgottenIsAFailure() throws Exception {
        Beside resumes = new Beside(0, 0, 0, 1, 1, 0);
        LoadResult result = run(Fault.NONE, workload(1, 0.01, 0.4, true, resumes));
        assertNotNull(result.failure());
        assertTrue(result.failure().contains("the session of a client that came back is gone"), result.failure());
    }

    /**
     * While the broker stands still for a time T, {@code rate × T} messages become due. Counted from then, half of them
     * take T / 2 or longer. Counted from when the window let them go, no more than a window's would.
     */
    @Test
    void aStallIsInTheLatencyOfEveryMessageThatWasDueInIt() throws Exception {
        LoadResult result = run(Fault.STALL, workload(1, RATE, 1));
        assertEquals(0, result.totals().lost());
        long half = TimeUnit.MILLISECONDS.toNanos(FakeBroker.STALL_MS / 2);
        long slow = result.received().getCountBetweenValues(half, Long.MAX_VALUE);
        long dueInHalf = RATE * FakeBroker.STALL_MS / 2 / 1000;
        assertTrue(slow >= 2 * dueInHalf * 9 / 10, slow + " of " + 2 * dueInHalf);
        assertTrue(result.received().getMaxValue() >= 2 * half * 9 / 10);
        // Nobody but the broker held these up: the driver was not late with them.
        long promptly = result.late().getTotalCount();
        assertTrue(promptly > 0 && promptly <= result.totals().sent() - 2 * dueInHalf * 9 / 10, promptly + " promptly");
    }
}
