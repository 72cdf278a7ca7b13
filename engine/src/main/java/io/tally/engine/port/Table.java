package io.tally.engine.port;

/** The tables of the state store. The numbers are on disk. */
public enum Table {
    /** Counters and limits of the engine, times of published wills, marks of queue blocks. */
    META(0),
    /** Session id to session. */
    SESSION(1),
    /** Session id and filter to subscription. */
    SUBSCRIPTION(2),
    /** Session id and block number to a block of queue entries. */
    QUEUE(3),
    /** Topic to retained message. */
    RETAINED(4),
    /** Position (big endian, 8 bytes) to the command at it: messages that outlive their journal file. */
    MESSAGE(5),
    /** Group id to shared group; what waits for it lies in {@link #QUEUE}. */
    GROUP(6);

    private final int id;

    Table(int id) {
        this.id = id;
    }

    public int id() {
        return id;
    }
}
