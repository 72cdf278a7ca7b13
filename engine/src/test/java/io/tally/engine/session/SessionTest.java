package io.tally.engine.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.tally.engine.MemoryStateStore;
import io.tally.engine.delivery.QueueRows;
import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.message.FileReferences;
import io.tally.engine.message.KeptMessages;
import org.junit.jupiter.api.Test;

class SessionTest {
    private final Session session = new Session(
            1,
            "c",
            false,
            new SessionQueue(new QueueRows(new MemoryStateStore(), new FileReferences(), new KeptMessages()), 1, true));

    @Test
    void countsTheBytesOfItsFilters() {
        Subscription first = Subscription.of(session, "a/+", 0, 0);
        assertNull(session.put(first));
        assertSame(first, session.put(Subscription.of(session, "a/+", 2, 7)));
        session.put(Subscription.of(session, "$share/g/b", 1, 0));
        assertEquals(13, session.filterBytes());
        assertNull(session.remove("c"));
        session.remove("a/+");
        assertEquals(10, session.filterBytes());
    }
}
