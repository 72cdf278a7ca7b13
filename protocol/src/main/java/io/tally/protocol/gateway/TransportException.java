package io.tally.protocol.gateway;

import java.io.IOException;

/** What carries MQTT is not as it should be: the client's fault, and the end of its connection. */
final class TransportException extends IOException {
    private static final long serialVersionUID = 1;

    private final String what;

    /** @param what the part of the transport, for people */
    TransportException(String what, String why) {
        super(why);
        this.what = what;
    }

    String what() {
        return what;
    }
}
