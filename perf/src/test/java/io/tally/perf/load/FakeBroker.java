package io.tally.perf.load;

import io.tally.protocol.codec.AckEncoder;
import io.tally.protocol.codec.FrameDecoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.ProtocolVersion;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A broker that breaks its promises as told. It knows no topics: every PUBLISH goes to every subscriber, at QoS 0, when
 * its publisher has been answered at QoS 1. One thread per connection, one of them at a time.
 */
final class FakeBroker implements AutoCloseable {
    private final ServerSocket server;
    private final Fault fault;
    private final List<Socket> sockets = new ArrayList<>();
    private final List<DataOutputStream> subscribers = new ArrayList<>();
    private final List<byte[]> heldBack = new ArrayList<>();
    private int published;

    /** What happens to one message in each {@link FakeBroker#FAULT_EVERY}. */
    enum Fault {
        NONE,
        LOSE,
        DOUBLE,
        /** It is sent behind its successor. */
        SWAP,
        /** Once only: so many are lost as {@link FakeBroker#GAP} says. */
        GAP,
        /** Once only: nothing goes on for {@link FakeBroker#STALL_MS}. */
        STALL,
        /** The connection of its publisher is closed. */
        HANG_UP
    }

    static final int FAULT_EVERY = 100;
    static final int STALL_MS = 400;
    static final int GAP = 1_500;

    FakeBroker(Fault fault) throws IOException {
        this.fault = fault;
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    /** Messages that it has been sent. */
    synchronized int published() {
        return published;
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "fake-broker");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                socket.setTcpNoDelay(true);
                synchronized (this) {
                    sockets.add(socket);
                }
                start(() -> serve(socket));
            }
        } catch (SocketException e) {
            // Closed: the end.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            while (true) {
                byte[] packet = read(in);
                synchronized (this) {
                    onPacket(packet, out);
                }
            }
        } catch (EOFException | SocketException e) {
            // The client has gone, or was told to go.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] read(DataInputStream in) throws IOException {
        UnsafeBuffer header = new UnsafeBuffer(new byte[5]);
        int length = 0;
        long frame = FrameDecoder.NEED_MORE;
        while (frame == FrameDecoder.NEED_MORE) {
            header.putByte(length++, in.readByte());
            frame = FrameDecoder.decode(header, 0, length);
        }
        byte[] packet = new byte[FrameDecoder.packetLength(frame)];
        header.getBytes(0, packet, 0, length);
        in.readFully(packet, length, packet.length - length);
        return packet;
    }

    private void onPacket(byte[] packet, DataOutputStream out) throws IOException {
        switch (PacketType.of(packet[0])) {
            case PacketType.CONNECT -> out.write(new byte[] {0x20, 2, 0, 0});
            case PacketType.SUBSCRIBE -> {
                subscribers.add(out);
                out.write(new byte[] {(byte) 0x90, 3, packet[2], packet[3], 0});
            }
            case PacketType.PUBLISH -> onPublish(packet, out);
            case PacketType.DISCONNECT -> throw new EOFException();
            default -> throw new IOException("not spoken here: " + PacketType.name(PacketType.of(packet[0])));
        }
    }

    private void onPublish(byte[] packet, DataOutputStream out) throws IOException {
        boolean isFaulty = ++published % FAULT_EVERY == 0;
        if (isFaulty && fault == Fault.HANG_UP) {
            throw new EOFException();
        }
        if (published == FAULT_EVERY && fault == Fault.STALL) {
            stall();
        }
        if ((packet[0] & 6) != 0) {
            acknowledge(packet, out);
        }
        if (isFaulty && fault == Fault.SWAP) {
            heldBack.add(packet);
            return;
        }
        if (!isLost(isFaulty)) {
            deliver(packet);
        }
        if (isFaulty && fault == Fault.DOUBLE) {
            deliver(packet);
        }
        for (byte[] late : heldBack) {
            deliver(late);
        }
        heldBack.clear();
    }

    private boolean isLost(boolean isFaulty) {
        boolean isInGap = published > FAULT_EVERY && published <= FAULT_EVERY + GAP;
        return (isFaulty && fault == Fault.LOSE) || (isInGap && fault == Fault.GAP);
    }

    private static void stall() {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(STALL_MS);
        while (System.nanoTime() < endNs) {
            LockSupport.parkNanos(endNs - System.nanoTime());
        }
    }

    private static int packetIdOffset(byte[] packet) {
        return topicOffset(packet) + 2 + (packet[topicOffset(packet)] << 8 | packet[topicOffset(packet) + 1] & 0xFF);
    }

    private static int topicOffset(byte[] packet) {
        return FrameDecoder.headerLength(FrameDecoder.decode(new UnsafeBuffer(packet), 0, packet.length));
    }

    private static void acknowledge(byte[] packet, DataOutputStream out) throws IOException {
        int at = packetIdOffset(packet);
        int id = (packet[at] & 0xFF) << 8 | packet[at + 1] & 0xFF;
        UnsafeBuffer ack = new UnsafeBuffer(new byte[AckEncoder.LENGTH_MAX]);
        int length = AckEncoder.encode(ProtocolVersion.V3_1_1, PacketType.PUBACK, id, 0, ack, 0);
        out.write(ack.byteArray(), 0, length);
    }

    /** At QoS 0, whatever it came with: the packet id is taken out. */
    private void deliver(byte[] packet) throws IOException {
        byte[] delivered = packet;
        if ((packet[0] & 6) != 0) {
            int at = packetIdOffset(packet);
            delivered = new byte[packet.length - 2];
            System.arraycopy(packet, 0, delivered, 0, at);
            System.arraycopy(packet, at + 2, delivered, at, packet.length - at - 2);
            delivered[0] = PacketType.PUBLISH << 4;
            delivered[1] -= 2; // Packets here are shorter than 128 bytes.
        }
        for (DataOutputStream subscriber : subscribers) {
            subscriber.write(delivered);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
