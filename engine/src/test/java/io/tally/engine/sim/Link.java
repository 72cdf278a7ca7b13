package io.tally.engine.sim;

import java.util.ArrayDeque;

/**
 * A network connection between one client and one gateway: two ordered streams of packets. A cut loses the end of each
 * stream; the two sides notice at different times.
 */
final class Link {
    final SimulatedGateway gateway;
    final ArrayDeque<Packet> toBroker = new ArrayDeque<>();
    final ArrayDeque<Packet> toClient = new ArrayDeque<>();

    /** The client may no longer send; the gateway sees the end once it has read the rest. */
    private boolean clientEnded;

    /** The gateway may no longer send; the client sees the end once it has read the rest. */
    private boolean brokerEnded;

    /** The client's end is lost on its way: the gateway hears nothing until this is false. */
    boolean isHalfOpen;

    Link(SimulatedGateway gateway) {
        this.gateway = gateway;
    }

    void send(Packet packet) {
        if (!clientEnded) {
            toBroker.add(packet);
        }
    }

    void deliver(Packet packet) {
        if (!brokerEnded) {
            toClient.add(packet);
        }
    }

    /** The client lets go of the socket; what it has sent still arrives. */
    void endByClient() {
        clientEnded = true;
        toClient.clear();
    }

    /** The gateway closes; what it has sent still arrives. */
    void endByBroker() {
        brokerEnded = true;
        toBroker.clear();
    }

    /** The network fails: a random rest of both streams is lost. */
    void cut(Dice dice) {
        truncate(toBroker, dice);
        truncate(toClient, dice);
        clientEnded = true;
        brokerEnded = true;
    }

    /** The broker's process dies: what the kernel still holds may arrive or not. */
    void killBroker(Dice dice) {
        truncate(toClient, dice);
        brokerEnded = true;
        toBroker.clear();
    }

    private static void truncate(ArrayDeque<Packet> stream, Dice dice) {
        int keep = dice.below(stream.size() + 1);
        while (stream.size() > keep) {
            stream.removeLast();
        }
    }

    boolean hasEndedForClient() {
        return brokerEnded && toClient.isEmpty();
    }

    boolean hasEndedForBroker() {
        return clientEnded && toBroker.isEmpty() && !isHalfOpen;
    }
}
