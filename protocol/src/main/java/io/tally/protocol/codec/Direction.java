package io.tally.protocol.codec;

/** Which way a packet travels, where the rules differ. */
public enum Direction {
    TO_SERVER,
    TO_CLIENT
}
