package io.tally.perf.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.perf.load.Workload.Beside;
import io.tally.perf.load.Workload.Phases;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleTest {
    private static final long START = 5_000;

    @Test
    void everyMessageHasOnePublisherAndOneTime() {
        Schedule schedule = new Schedule(3, 1e6);
        schedule.start(START);
        assertEquals(1, schedule.advance(START));
        assertEquals(7, schedule.advance(START + 7_000));
        assertEquals(3, schedule.dueOf(0));
        assertEquals(3, schedule.dueOf(1));
        assertEquals(2, schedule.dueOf(2));
        assertEquals(START + 7_000, schedule.dueNs(1, 2, 0));
        assertEquals(1, schedule.publisherOf(0));
        assertEquals(0, schedule.publisherOf(1));
        assertEquals(START + 8_000, schedule.nextNs());
    }

    @Test
    void whatIsDueStaysDueAfterTheEnd() {
        Schedule schedule = new Schedule(1, 1e6);
        schedule.start(START);
        schedule.stop(START + 2_500);
        assertEquals(3, schedule.dueOf(0));
        assertEquals(3, schedule.advance(START + 100_000));
        assertEquals(0, schedule.advance(START + 100_000));
        assertEquals(3, schedule.dueOf(0));
    }

    @Test
    void aClosedLoopIsAlwaysDueNowUntilItsEnd() {
        Schedule schedule = new Schedule(2, 0);
        schedule.start(START);
        assertTrue(schedule.dueOf(1) > 1_000_000);
        assertEquals(77, schedule.dueNs(1, 9, 77));
        schedule.stop(START + 1);
        assertEquals(0, schedule.dueOf(1));
    }

    @Test
    void aFixedNumberIsSharedOutAmongThePublishers() {
        Schedule schedule = Schedule.of(3, 8);
        assertEquals(3, schedule.dueOf(0));
        assertEquals(3, schedule.dueOf(1));
        assertEquals(2, schedule.dueOf(2));
    }

    @ParameterizedTest
    @CsvSource({"15000, 15000", "3, 12", "100, 1600"})
    void absentSessionsGetEquallyManyMessages(int absent, int backlog) {
        Phases phases = new Phases(0, 1, 1);
        Beside beside = new Beside(0, 0, backlog, absent, 0, 0);
        Workload filling = new Workload(0, 0, 1, 1, 64, 64, 0, 0, false, "a", 1, "a", beside, phases).ofBacklog();
        assertEquals(absent, filling.topics());
        for (int publisher = 0; publisher < filling.publishers(); publisher++) {
            assertEquals(0, Schedule.of(filling.publishers(), backlog).dueOf(publisher) % absent);
        }
    }
}
