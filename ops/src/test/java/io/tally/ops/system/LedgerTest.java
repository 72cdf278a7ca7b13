package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** The system tests' own account must be able to fail. */
final class LedgerTest {
    private final Ledger ledger = new Ledger(2, 2);

    @Test
    void countsAnAcceptedMessageThatAGroupNeverGotAsLost() {
        ledger.onAccepted(0, 0);
        receive(0, 0, 0, 2);
        assertEquals(1, ledger.report().lost());
        assertFalse(ledger.report().isClean());
        receive(1, 0, 0, 2);
        assertTrue(ledger.report().isClean());
    }

    @Test
    void countsASecondReceptionAtQosTwoAsDoubledAndAtQosOneAsRepeated() {
        receive(0, 0, 0, 1);
        receive(0, 0, 0, 1);
        assertEquals(1, ledger.report().repeated());
        assertTrue(ledger.report().isClean());
        receive(0, 1, 0, 2);
        receive(0, 1, 0, 2);
        assertEquals(1, ledger.report().doubled());
        assertFalse(ledger.report().isClean());
    }

    @Test
    void countsAFirstReceptionBehindALaterMessageOfTheSameTopicAsReordered() {
        receive(0, 0, 3, 1);
        receive(0, 1, 2, 1);
        assertEquals(0, ledger.report().reordered());
        receive(0, 0, 1, 1);
        assertEquals(1, ledger.report().reordered());
    }

    @Test
    void countsADeliveryOfARefusedMessage() {
        ledger.onRefused(0, 5);
        receive(0, 0, 5, 1);
        assertEquals(1, ledger.report().refusedButDelivered());
    }

    @Test
    void seesADamagedPayload() {
        byte[] payload = new Message(1, 2, 3).payload(100);
        assertEquals(new Message(1, 2, 3), Message.parse(ByteBuffer.wrap(payload)));
        payload[60]++;
        assertNull(Message.parse(ByteBuffer.wrap(payload)));
    }

    private void receive(int group, int publisher, long sequence, int qos) {
        ledger.onReceived(group, new Message(publisher, sequence, 0), qos, 0, true);
    }
}
