package io.tally.storage.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DoorbellTest {
    private static final long FOR_EVER_NS = TimeUnit.HOURS.toNanos(1);

    /** Ping-pong with sleeps that never end by themselves: one lost wake-up would hang it. */
    @Test
    void losesNoWakeUp() throws InterruptedException {
        int rounds = 20_000;
        AtomicLong ping = new AtomicLong();
        AtomicLong pong = new AtomicLong();
        Doorbell pingBell = new Doorbell();
        Doorbell pongBell = new Doorbell();
        Thread other = new Thread(() -> {
            for (int i = 1; i <= rounds; i++) {
                awaitValue(pingBell, ping, i);
                pong.setRelease(i);
                pongBell.ring();
            }
        });
        other.start();
        for (int i = 1; i <= rounds; i++) {
            ping.setRelease(i);
            pingBell.ring();
            awaitValue(pongBell, pong, i);
        }
        other.join();
        assertEquals(rounds, pong.get());
    }

    @Test
    void callsTheHookOnlyWhenArmed() {
        AtomicInteger wakeUps = new AtomicInteger();
        Doorbell bell = new Doorbell(wakeUps::incrementAndGet);
        bell.ring();
        assertEquals(0, wakeUps.get());
        bell.arm();
        bell.ring();
        bell.ring();
        assertEquals(1, wakeUps.get());
        bell.arm();
        bell.disarm();
        bell.ring();
        assertEquals(1, wakeUps.get());
    }

    @Test
    void closingWakesTheSleeperForGood() throws InterruptedException {
        Doorbell bell = new Doorbell();
        AtomicInteger looks = new AtomicInteger();
        Thread sleeper = new Thread(() -> {
            for (int i = 0; i < 3; i++) {
                bell.await(() -> looks.incrementAndGet() < 0, FOR_EVER_NS);
            }
        });
        sleeper.start();
        while (looks.get() == 0) {
            Thread.onSpinWait();
        }
        bell.close();
        sleeper.join();
        assertTrue(looks.get() >= 1);
    }

    private static void awaitValue(Doorbell bell, AtomicLong counter, long value) {
        while (counter.getAcquire() < value) {
            bell.await(() -> counter.getAcquire() >= value, FOR_EVER_NS);
        }
    }
}
