package io.tally.engine.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tally.engine.MemoryStateStore;
import io.tally.engine.delivery.QueueRows;
import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.message.FileReferences;
import io.tally.engine.message.KeptMessages;
import io.tally.engine.port.Positions;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharedGroupTest {
    private final QueueRows rows = new QueueRows(new MemoryStateStore(), new FileReferences(), new KeptMessages());
    private final SharedGroup group = new SharedGroup(1, "$share/g/t");

    /** A replay makes no checkpoint, however long it is, and a lane comes and goes with each message. */
    @Test
    void onlyALaneWithRowsIsRememberedUntilTheNextCheckpoint() {
        for (int i = 1; i <= 1_000; i++) {
            group.remove(laneOfOneMessage(i, false));
        }
        assertEquals(List.of(), group.takeRemoved());
        Lane stored = laneOfOneMessage(1_001, true);
        group.remove(stored);
        assertEquals(List.of(stored), group.takeRemoved());
        stored.waiting.deleteRows();
        group.remove(stored);
        assertEquals(List.of(), group.takeRemoved(), "its rows are gone");
    }

    private Lane laneOfOneMessage(int number, boolean isStored) {
        SessionQueue returned = new SessionQueue(rows, 2L * number, true);
        Lane lane = new Lane(group, 1, 2L * number, returned, new SessionQueue(rows, 2L * number + 1, true));
        group.add(lane);
        lane.waiting.enqueue(Positions.of(1, number), 1, 1, new int[0]);
        if (isStored) {
            lane.waiting.checkpoint();
        }
        lane.waiting.finish(lane.waiting.head());
        return lane;
    }
}
