package io.tally.protocol.effect;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Close a connection: DISCONNECT with the reason code first where the client speaks 5.0. {@code a}: reason code. The
 * engine has already forgotten the connection; the gateway still writes its DISCONNECTED, which is then ignored.
 */
public final class CloseEffect {
    public static final int LENGTH = EffectHeader.LENGTH;

    private CloseEffect() {}

    public static void write(MutableDirectBuffer b, int offset, long connection, int reasonCode) {
        EffectHeader.write(b, offset, EffectType.CLOSE, reasonCode, 0, connection);
    }

    public static int reasonCode(DirectBuffer b, int offset) {
        return EffectHeader.a(b, offset);
    }
}
