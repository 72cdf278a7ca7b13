package io.tally.protocol.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket of the server's side: the upgrade, then MQTT's bytes out of binary frames and into them (RFC 6455). An
 * MQTT packet may lie in several frames and several packets in one ([MQTT-6.0.0-2]): payloads are passed on as they
 * come, so nothing of a frame is kept but its head and the at most 125 bytes of a control frame. Owned by the I/O
 * loop's thread.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failed write closes the channel, which the last handler hears of.
final class WebSocketHandler extends ChannelDuplexHandler {
    private static final int REQUEST_MAX = 1 << 13;
    private static final String NAME = "WebSocket";

    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;

    private static final int FIN = 0x80;
    private static final int RESERVED = 0x70;
    private static final int MASKED = 0x80;
    private static final int CONTROL_MAX = 125;
    private static final int LENGTH_16 = 126;
    private static final int LENGTH_64 = 127;
    private static final int MASK_BYTES = 4;

    private static final int NORMAL = 1000;
    private static final int PROTOCOL_ERROR = 1002;
    private static final int UNSUPPORTED_DATA = 1003;

    private final List<String> origins;

    /** What has come of the HTTP request; null when it is answered. */
    private byte @Nullable [] request = new byte[256];

    private int requestLength;

    private final byte[] head = new byte[14];
    private int headLength;
    private int opcode;
    private boolean isFinal;
    private boolean isInMessage;
    private long payloadLeft;
    private int mask;
    private byte @Nullable [] control;
    private int controlLength;
    private boolean isClosing;
    private @Nullable ChannelHandlerContext context;

    WebSocketHandler(List<String> origins) {
        this.origins = origins;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf in)) {
            context.fireChannelRead(message);
            return;
        }
        try {
            if (request != null && !isClosing) {
                readRequest(context, in, request);
            }
            while (request == null && in.isReadable() && !isClosing) {
                readFrame(context, in);
            }
        } finally {
            in.release();
        }
    }

    // ---- the upgrade ----

    private void readRequest(ChannelHandlerContext context, ByteBuf in, byte[] begun) {
        byte[] bytes = begun;
        while (in.isReadable()) {
            if (requestLength == REQUEST_MAX) {
                answer(context, WebSocketUpgrade.refuse("400 Bad Request", "the request is too long"));
                return;
            }
            if (requestLength == bytes.length) {
                bytes = Arrays.copyOf(bytes, bytes.length * 2);
                request = bytes;
            }
            bytes[requestLength++] = in.readByte();
            if (isEnd(bytes, requestLength)) {
                String text = new String(bytes, 0, requestLength, StandardCharsets.ISO_8859_1);
                answer(context, WebSocketUpgrade.of(text, origins));
                return;
            }
        }
    }

    private static boolean isEnd(byte[] b, int length) {
        return length >= 4
                && b[length - 1] == '\n'
                && b[length - 2] == '\r'
                && b[length - 3] == '\n'
                && b[length - 4] == '\r';
    }

    private void answer(ChannelHandlerContext context, WebSocketUpgrade upgrade) {
        ChannelFuture sent = context.writeAndFlush(Unpooled.copiedBuffer(upgrade.answer(), StandardCharsets.US_ASCII));
        String refusal = upgrade.refusal();
        if (refusal == null) {
            request = null;
            return;
        }
        isClosing = true;
        sent.addListener(ChannelFutureListener.CLOSE);
        context.fireExceptionCaught(new TransportException(NAME, refusal));
    }

    // ---- frames in ----

    private void readFrame(ChannelHandlerContext context, ByteBuf in) {
        if (!isHeadWhole() && !readHead(context, in)) {
            return;
        }
        int length = (int) Math.min(payloadLeft, in.readableBytes());
        payloadLeft -= length;
        if (length > 0) {
            unmask(in, in.readerIndex(), length);
            if (control != null) {
                in.readBytes(control, controlLength, length);
                controlLength += length;
            } else {
                passOn(context, in, length);
            }
        }
        if (payloadLeft == 0) {
            headLength = 0;
            if (control != null) {
                onControl(context, control);
                control = null;
            } else {
                isInMessage = !isFinal;
            }
        }
    }

    private boolean isHeadWhole() {
        return headLength >= 2 && headLength == headNeeded();
    }

    private int headNeeded() {
        int length = head[1] & 0x7F;
        return 2 + MASK_BYTES + (length == LENGTH_64 ? 8 : length == LENGTH_16 ? 2 : 0);
    }

    /** False when there is more to come, or the head is not as it must be. */
    private boolean readHead(ChannelHandlerContext context, ByteBuf in) {
        while (in.isReadable() && (headLength < 2 || headLength < headNeeded())) {
            head[headLength++] = in.readByte();
            if (headLength == 2 && !checkHead(context)) {
                return false;
            }
        }
        if (!isHeadWhole()) {
            return false;
        }
        int maskAt = headLength - MASK_BYTES;
        payloadLeft = head[1] & 0x7F;
        if (maskAt > 2) {
            payloadLeft = number(2, maskAt - 2);
        }
        mask = (int) number(maskAt, MASK_BYTES);
        boolean isShortest = maskAt == 2 || payloadLeft > (maskAt == 4 ? CONTROL_MAX : 0xFFFF);
        if (!isShortest || payloadLeft < 0) {
            fail(context, PROTOCOL_ERROR, "a frame with a bad length");
            return false;
        }
        if (opcode >= CLOSE) {
            control = new byte[(int) payloadLeft];
            controlLength = 0;
        }
        return true;
    }

    private long number(int at, int length) {
        long value = 0;
        for (int i = 0; i < length; i++) {
            value = value << 8 | (head[at + i] & 0xFF);
        }
        return value;
    }

    private boolean checkHead(ChannelHandlerContext context) {
        opcode = head[0] & 0xF;
        isFinal = (head[0] & FIN) != 0;
        boolean isControl = opcode == CLOSE || opcode == PING || opcode == PONG;
        boolean fits = isControl
                ? isFinal && (head[1] & 0x7F) <= CONTROL_MAX
                : opcode == CONTINUATION ? isInMessage : opcode <= BINARY && !isInMessage;
        if ((head[0] & RESERVED) != 0 || (head[1] & MASKED) == 0 || !fits) {
            fail(context, PROTOCOL_ERROR, "a frame against the rules");
            return false;
        }
        if (opcode == TEXT) {
            fail(context, UNSUPPORTED_DATA, "a text frame, MQTT takes binary ones"); // [MQTT-6.0.0-1]
            return false;
        }
        return true;
    }

    /** The next of the frame's bytes; the mask is turned so that it begins with what comes after them. */
    private void unmask(ByteBuf in, int from, int length) {
        int at = from;
        int end = from + length;
        for (; end - at >= MASK_BYTES; at += MASK_BYTES) {
            in.setInt(at, in.getInt(at) ^ mask);
        }
        for (; at < end; at++) {
            in.setByte(at, in.getByte(at) ^ mask >>> 24);
            mask = Integer.rotateLeft(mask, 8);
        }
    }

    private static void passOn(ChannelHandlerContext context, ByteBuf in, int length) {
        int end = in.writerIndex();
        int next = in.readerIndex() + length;
        in.writerIndex(next);
        context.fireChannelRead(in.retain());
        in.setIndex(next, end);
    }

    private void onControl(ChannelHandlerContext context, byte[] payload) {
        if (opcode == CLOSE) {
            int code = payload.length >= 2 ? (payload[0] & 0xFF) << 8 | (payload[1] & 0xFF) : NORMAL;
            isClosing = true;
            context.writeAndFlush(closeFrame(context, code)).addListener(ChannelFutureListener.CLOSE);
        } else if (opcode == PING && context.channel().isWritable()) { // Who does not read needs no answers.
            ByteBuf pong = frame(context, PONG, payload.length, payload.length).writeBytes(payload);
            context.writeAndFlush(pong);
        }
    }

    private void fail(ChannelHandlerContext context, int code, String why) {
        isClosing = true;
        context.writeAndFlush(closeFrame(context, code)).addListener(ChannelFutureListener.CLOSE);
        context.fireExceptionCaught(new TransportException(NAME, why));
    }

    // ---- frames out ----

    private static ByteBuf frame(ChannelHandlerContext context, int opcode, int length, int room) {
        ByteBuf frame = context.alloc().directBuffer(10 + room).writeByte(FIN | opcode);
        if (length <= CONTROL_MAX) {
            return frame.writeByte(length);
        }
        return length <= 0xFFFF
                ? frame.writeByte(LENGTH_16).writeShort(length)
                : frame.writeByte(LENGTH_64).writeLong(length);
    }

    private static ByteBuf closeFrame(ChannelHandlerContext context, int code) {
        return frame(context, CLOSE, 2, 2).writeShort(code);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        ByteBuf bytes = (ByteBuf) message;
        if (bytes.isReadable() && isClosing) {
            bytes.release();
            promise.trySuccess();
            return;
        }
        if (bytes.isReadable()) {
            context.write(frame(context, BINARY, bytes.readableBytes(), 0), context.voidPromise());
        }
        context.write(bytes, promise);
    }

    /** The last frame, if none was sent; it goes out with the next flush. */
    void sayGoodbye() {
        ChannelHandlerContext c = context;
        if (c != null && request == null && !isClosing) {
            isClosing = true;
            c.write(closeFrame(c, NORMAL), c.voidPromise());
        }
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        if (context.channel().isWritable()) {
            sayGoodbye();
            context.flush();
        }
        context.close(promise);
    }
}
