package io.tally.protocol.gateway;

import org.agrona.MutableDirectBuffer;

/** The way from a connection to its client. Owned by the I/O loop's thread. */
interface Output {
    /** Makes room for {@code length} bytes in one piece, at {@link #index} of {@link #buffer}, until the next call. */
    void claim(int length);

    MutableDirectBuffer buffer();

    int index();

    /** The first {@code length} bytes of the claim are to be sent. */
    void commit(int length);

    /** Whether the socket took (nearly) all that it was given; {@link MqttConnection#onWritable} follows if not. */
    boolean isWritable();

    /** Bytes committed since the last flush. */
    int batchedBytes();

    /** Memory for what is committed and the socket has not taken yet, those included; 0 when there is nothing. */
    long pendingBytes();

    /** Bytes that the socket has taken since it was opened; not for every packet. */
    long takenBytes();

    /** Hands what is committed to the socket. */
    void flush();

    /** Starts or stops reading from the client. */
    void setReading(boolean on);

    /** Sends what is committed, then ends the stream to the client and throws away what still comes from it. */
    void closeGently();

    /** Closes at once; what is committed but not sent is lost. */
    void closeNow();

    /** Who the client is, as far as the transport can tell. */
    Peer peer();
}
