package io.tally.perf.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

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
}
