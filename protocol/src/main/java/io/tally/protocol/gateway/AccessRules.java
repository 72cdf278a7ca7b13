package io.tally.protocol.gateway;

import org.agrona.DirectBuffer;

/** What one client may do. Immutable, for any thread. Allocates nothing. */
public interface AccessRules {
    /** Whether the client may publish to this topic, in UTF-8. */
    boolean mayPublish(DirectBuffer topic, int offset, int length);

    /** Whether a message of this topic may be sent to the client. */
    boolean mayReceive(DirectBuffer topic, int offset, int length);
}
