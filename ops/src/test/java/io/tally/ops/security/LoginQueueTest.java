package io.tally.ops.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.gateway.LoginAttempt;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who is served when more log in than can be judged at once. */
class LoginQueueTest {
    private final ArrayDeque<Runnable> helper = new ArrayDeque<>();
    private final LoginQueue queue = new LoginQueue(helper::add);
    private final List<String> served = new ArrayList<>();

    private static LoginAttempt from(int address, String user) {
        return new LoginAttempt(user, new byte[0], new byte[] {10, 0, (byte) (address >> 8), (byte) address});
    }

    private boolean tryAdd(LoginAttempt attempt) {
        return queue.tryAdd(attempt, () -> served.add(attempt.userName()));
    }

    private void serveAll() {
        while (!helper.isEmpty()) {
            helper.remove().run();
        }
    }

    @Test
    void whoIsGoneIsPassedOver() {
        LoginAttempt gone = from(1, "gone");
        assertTrue(tryAdd(gone));
        assertTrue(tryAdd(from(1, "there")));
        queue.remove(gone);
        serveAll();
        assertEquals(List.of("there"), served);
        queue.remove(gone);
        assertTrue(tryAdd(from(1, "later")));
        serveAll();
        assertEquals(List.of("there", "later"), served);
    }

    @Test
    void whoIsGoneTakesNoRoom() {
        for (int i = 0; i < 3 * LoginQueue.WAITING_MAX; i++) {
            LoginAttempt gone = from(i % 2, "gone");
            assertTrue(tryAdd(gone), "after " + i);
            queue.remove(gone);
        }
        assertTrue(helper.size() <= LoginQueue.WAITING_MAX, helper.size() + " calls wait");
        noMoreThanTheMostWait();
    }

    @Test
    void addressesTakeTurns() {
        for (int i = 0; i < 3; i++) {
            tryAdd(from(1, "a" + i));
        }
        tryAdd(from(2, "b0"));
        tryAdd(from(2, "b1"));
        tryAdd(from(3, "c0"));
        serveAll();
        assertEquals(List.of("a0", "b0", "c0", "a1", "b1", "a2"), served);
    }

    @Test
    void oneAddressLeavesRoomForTheOthers() {
        int taken = 0;
        while (tryAdd(from(1, "greedy"))) {
            taken++;
        }
        assertEquals(LoginQueue.WAITING_MAX / 3, taken, 1.0);
        for (int address = 2; address < 100; address++) {
            for (int i = 0; i < LoginQueue.WAITING_OF_ADDRESS; i++) {
                assertTrue(tryAdd(from(address, "modest")), address + " " + i);
            }
        }
    }

    @Test
    void noMoreThanTheMostWait() {
        int taken = 0;
        for (int address = 0; address < 1000; address++) {
            while (tryAdd(from(address, "one of many"))) {
                taken++;
            }
        }
        assertEquals(LoginQueue.WAITING_MAX, taken);
        assertFalse(tryAdd(from(1001, "late")));
        serveAll();
        assertEquals(LoginQueue.WAITING_MAX, served.size());
        assertTrue(tryAdd(from(1001, "later")));
    }
}
