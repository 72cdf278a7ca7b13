package io.tally.ops.security;

import io.tally.protocol.gateway.LoginAttempt;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Logins that wait for a helper. Addresses take turns, so that nobody waits behind all that another address sends, and
 * one address gets at most half of the room that the others leave; who is gone takes none. Any thread.
 */
final class LoginQueue {
    static final int WAITING_MAX = 4096;

    /** Room that each address gets, as long as there is any. */
    static final int WAITING_OF_ADDRESS = 16;

    private final Executor helpers;

    /** What is to be done, by address and attempt; the first address has its turn. Guarded by this. */
    private final Map<ByteBuffer, LinkedHashMap<LoginAttempt, Runnable>> turns = new LinkedHashMap<>();

    private int count;

    /** Calls of {@link #runNext} that helpers are to make; never fewer than logins wait, nor more than may wait. */
    private int calls;

    LoginQueue(Executor helpers) {
        this.helpers = helpers;
    }

    /** False when too many wait already. */
    boolean tryAdd(LoginAttempt attempt, Runnable work) {
        synchronized (this) {
            ByteBuffer address = ByteBuffer.wrap(attempt.host());
            Map<LoginAttempt, Runnable> ofAddress = turns.get(address);
            int before = ofAddress == null ? 0 : ofAddress.size();
            if (count >= WAITING_MAX || before >= Math.max(WAITING_OF_ADDRESS, (WAITING_MAX - count) / 2)) {
                return false;
            }
            turns.computeIfAbsent(address, a -> new LinkedHashMap<>()).put(attempt, work);
            count++;
            if (calls >= count) {
                return true;
            }
            calls++;
        }
        helpers.execute(this::runNext);
        return true;
    }

    /** Forgets it, if it waits. */
    synchronized void remove(LoginAttempt attempt) {
        ByteBuffer address = ByteBuffer.wrap(attempt.host());
        Map<LoginAttempt, Runnable> ofAddress = turns.get(address);
        if (ofAddress != null && ofAddress.remove(attempt) != null) {
            count--;
            if (ofAddress.isEmpty()) {
                turns.remove(address);
            }
        }
    }

    private void runNext() {
        Runnable next = take();
        if (next != null) {
            next.run();
        }
    }

    /** Null when the call was for one that is gone. */
    private synchronized @Nullable Runnable take() {
        calls--;
        Iterator<Map.Entry<ByteBuffer, LinkedHashMap<LoginAttempt, Runnable>>> first =
                turns.entrySet().iterator();
        if (!first.hasNext()) {
            return null;
        }
        Map.Entry<ByteBuffer, LinkedHashMap<LoginAttempt, Runnable>> turn = first.next();
        ByteBuffer address = turn.getKey();
        LinkedHashMap<LoginAttempt, Runnable> ofAddress = turn.getValue();
        Iterator<Runnable> eldest = ofAddress.values().iterator();
        Runnable result = eldest.next();
        eldest.remove();
        first.remove();
        if (!ofAddress.isEmpty()) {
            turns.put(address, ofAddress);
        }
        count--;
        return result;
    }
}
