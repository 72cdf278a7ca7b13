package io.tally.protocol.listener;

/**
 * One address that clients connect to.
 *
 * @param connectionsMax open connections at a time, 0 = no limit; further ones are closed right after accepting
 * @param required whether it is an error when the machine has no such address; else it is left out
 * @param place FILE:LINE where a person has asked for it, for errors; may be empty
 * @param clients what its clients may do
 * @param access the files that say who they are and what they may publish and receive
 */
public record Listener(
        ListenAddress address,
        int connectionsMax,
        boolean required,
        String place,
        ClientRules clients,
        Carrier carrier,
        AccessFiles access) {
    public Listener {
        if (connectionsMax < 0) {
            throw new IllegalArgumentException("connectionsMax is negative");
        }
    }

    /** Without limits, for clients of all kinds. */
    public static Listener tcp(String host, int port) {
        return new Listener(
                ListenAddress.tcp(host, port), 0, true, "", ClientRules.DEFAULT, Carrier.PLAIN, AccessFiles.NONE);
    }

    /** The same settings elsewhere. */
    public Listener at(ListenAddress other, boolean isRequired) {
        return new Listener(other, connectionsMax, isRequired, place, clients, carrier, access);
    }

    public Listener withConnectionsMax(int value) {
        return new Listener(address, value, required, place, clients, carrier, access);
    }

    public Listener withCarrier(Carrier value) {
        return new Listener(address, connectionsMax, required, place, clients, value, access);
    }

    public Listener withClients(ClientRules value) {
        return new Listener(address, connectionsMax, required, place, value, carrier, access);
    }

    public Listener withAccess(AccessFiles value) {
        return new Listener(address, connectionsMax, required, place, clients, carrier, value);
    }
}
