package io.tally.protocol.gateway;

import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.listener.RateLimits;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Whether one more CONNECT is taken: connections a second, in all and from one address, and clients that come too
 * often. Shared by all I/O loops; its memory is fixed. Allocates nothing but the bytes of an address.
 */
final class Admission {
    private static final long SECOND_NS = 1_000_000_000;
    private static final byte[] NO_ADDRESS = new byte[0];

    private final RateLimits limits;

    /** So that nobody can know whose counts stand together. */
    private final long seed = new SecureRandom().nextLong();

    private final long startNs;
    private final AtomicLong nextConnectNs;
    private final @Nullable EventCounts ofAddresses;
    private final @Nullable EventCounts ofClients;
    private final @Nullable EventCounts ofFailedLogins;

    Admission(RateLimits limits, long nowNs) {
        this.limits = limits;
        this.startNs = nowNs;
        this.nextConnectNs = new AtomicLong(nowNs - SECOND_NS);
        this.ofAddresses = limits.connectsPerAddress() == 0 ? null : new EventCounts();
        this.ofClients = limits.flappingConnects() == 0 ? null : new EventCounts();
        this.ofFailedLogins = limits.failedLogins() == 0 ? null : new EventCounts();
    }

    /** Judges a CONNECT before its client has proved anything, and counts it; SUCCESS lets it go on. */
    ReasonCode onConnect(Peer peer, long nowNs) {
        boolean isTooFast = ofAddresses != null
                && peer.hasHost()
                && ofAddresses.add(key(peer, ""), second(nowNs), 1) > limits.connectsPerAddress();
        return isTooFast ? ReasonCode.CONNECTION_RATE_EXCEEDED : ReasonCode.SUCCESS;
    }

    /** Whether anybody may log in from there; by address, so that nobody can keep somebody else's user out. */
    ReasonCode onLogin(Peer peer, long nowNs) {
        boolean isBanned = ofFailedLogins != null && ofFailedLogins.isBanned(key(peer, ""), second(nowNs));
        return isBanned ? ReasonCode.BANNED : ReasonCode.SUCCESS;
    }

    /** True when that was one too many: the address is banned from now on. */
    boolean onLoginFailed(Peer peer, long nowNs) {
        if (ofFailedLogins == null || !peer.hasHost()) {
            return false;
        }
        long key = key(peer, "");
        boolean isTooMany =
                ofFailedLogins.add(key, second(nowNs), limits.failedLoginSeconds()) >= limits.failedLogins();
        if (isTooMany) {
            ofFailedLogins.ban(key, second(nowNs) + limits.failedLoginBanSeconds());
        }
        return isTooMany;
    }

    /** Judges a CONNECT that is otherwise acceptable, and counts it; SUCCESS lets it in. */
    ReasonCode onProved(Peer peer, String clientId, long nowNs) {
        if (ofClients != null && ofClients.isBanned(key(peer, clientId), second(nowNs))) {
            return ReasonCode.BANNED;
        }
        return isTooFast(nowNs) ? ReasonCode.CONNECTION_RATE_EXCEEDED : ReasonCode.SUCCESS;
    }

    /** Counts a client that the engine has accepted, be it a take-over. */
    void onAccepted(Peer peer, String clientId, long nowNs) {
        if (ofClients == null) {
            return;
        }
        long key = key(peer, clientId);
        if (ofClients.add(key, second(nowNs), limits.flappingSeconds()) >= limits.flappingConnects()) {
            ofClients.ban(key, second(nowNs) + limits.banSeconds());
        }
    }

    private long second(long nowNs) {
        return 1 + (nowNs - startNs) / SECOND_NS;
    }

    /** What was not used of a second may be made up for in the next one, not later. */
    private boolean isTooFast(long nowNs) {
        if (limits.connectsPerSecond() == 0) {
            return false;
        }
        long intervalNs = SECOND_NS / limits.connectsPerSecond();
        while (true) {
            long due = nextConnectNs.get();
            if (due - nowNs > 0) {
                return true;
            }
            long next = Math.max(due, nowNs - SECOND_NS + intervalNs) + intervalNs;
            if (nextConnectNs.compareAndSet(due, next)) {
                return false;
            }
        }
    }

    /** Evenly distributed. */
    private long key(Peer peer, String clientId) {
        long hash = seed;
        byte[] host = peer.hasHost() ? peer.host() : NO_ADDRESS;
        for (byte b : host) {
            hash = mix(hash ^ b);
        }
        for (int i = 0; i < clientId.length(); i++) {
            hash = mix(hash ^ clientId.charAt(i));
        }
        return mix(hash ^ clientId.length());
    }

    private static long mix(long value) {
        long mixed = (value ^ value >>> 32) * 0x9E37_79B9_7F4A_7C15L;
        return mixed ^ mixed >>> 29;
    }
}
