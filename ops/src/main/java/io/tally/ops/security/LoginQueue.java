package io.tally.ops.security;

import io.tally.protocol.gateway.LoginAttempt;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * Logins that wait for a helper. Addresses take turns, so that nobody waits behind all that another address sends, and
 * one address gets at most half of the room that the others leave; who is gone meanwhile is passed over. Any thread.
 */
final class LoginQueue {
    static final int WAITING_MAX = 4096;

    /** Room that each address gets, as long as there is any. */
    static final int WAITING_OF_ADDRESS = 16;

    private record Waiting(LoginAttempt attempt, Runnable work) {}

    private final Executor helpers;

    /** By address; the first has its turn. Guarded by this. */
    private final Map<ByteBuffer, ArrayDeque<Waiting>> turns = new LinkedHashMap<>();

    private int count;

    LoginQueue(Executor helpers) {
        this.helpers = helpers;
    }

    /** False when too many wait already. */
    boolean tryAdd(LoginAttempt attempt, Runnable work) {
        synchronized (this) {
            ByteBuffer address = ByteBuffer.wrap(attempt.host());
            ArrayDeque<Waiting> ofAddress = turns.get(address);
            int before = ofAddress == null ? 0 : ofAddress.size();
            if (count >= WAITING_MAX || before >= Math.max(WAITING_OF_ADDRESS, (WAITING_MAX - count) / 2)) {
                return false;
            }
            turns.computeIfAbsent(address, a -> new ArrayDeque<>()).add(new Waiting(attempt, work));
            count++;
        }
        helpers.execute(this::runNext);
        return true;
    }

    private void runNext() {
        Waiting next = take();
        if (next.attempt().isWanted()) {
            next.work().run();
        }
    }

    /** There is one for each call. */
    private synchronized Waiting take() {
        Iterator<Map.Entry<ByteBuffer, ArrayDeque<Waiting>>> first =
                turns.entrySet().iterator();
        Map.Entry<ByteBuffer, ArrayDeque<Waiting>> turn = first.next();
        ByteBuffer address = turn.getKey();
        ArrayDeque<Waiting> ofAddress = turn.getValue();
        Waiting result = ofAddress.remove();
        first.remove();
        if (!ofAddress.isEmpty()) {
            turns.put(address, ofAddress);
        }
        count--;
        return result;
    }
}
