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
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A broker that breaks its promises as told. It knows no topics: every PUBLISH goes to every subscriber, when its
 * publisher has been answered; at QoS 2 if it came so and that was asked for, else at QoS 0. One thread per connection,
 * one of them at a time.
 */
final class FakeBroker implements AutoCloseable {
    private final ServerSocket server;
    private final Fault fault;
    private final List<Socket> sockets = new ArrayList<>();

    /** By client id; they outlive their connections. */
    private final Map<String, Session> sessions = new LinkedHashMap<>();

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
        HANG_UP,
        /** QoS 2: it is sent again with its packet id before its PUBREL. */
        AGAIN,
        /** QoS 2: the same, with DUP. */
        AGAIN_WITH_DUP,
        /** QoS 2: its successor is sent with its packet id before its PUBREL. */
        ID_IN_USE,
        /** QoS 2: no PUBREC is heard before the session is resumed; then everything is sent again. */
        RESUME,
        /** QoS 2: the same, and each PUBLISH is then sent twice. */
        RESUME_TWICE
    }

    static final int FAULT_EVERY = 100;
    static final int STALL_MS = 400;
    static final int GAP = 1_500;

    private static final int DUP = 8;

    FakeBroker(Fault fault) throws IOException {
        this(fault, new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    }

    FakeBroker(Fault fault, ServerSocket server) {
        this.fault = fault;
        this.server = server;
        start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    /** Messages that it has been sent. */
    synchronized int published() {
        return published;
    }

    /** QoS 2 packets that its client has to answer, by packet id, in the order of their messages. */
    private static final class Session {
        private final Map<Integer, byte[]> unanswered = new LinkedHashMap<>();
        private DataOutputStream out;
        private boolean isResumed;
        private boolean isSubscribed;
        private int qos;
        private int lastId;

        Session(DataOutputStream out) {
            this.out = out;
        }

        /** What is sent while the client is away is lost, or kept at QoS 2. */
        void send(byte[] packet) {
            try {
                out.write(packet);
            } catch (IOException e) {
                // The client has gone; it may come back.
            }
        }

        void publish(byte[] packet, int id) {
            byte[] made = packet.clone();
            made[0] = (byte) (PacketType.PUBLISH << 4 | 2 << 1);
            putPacketId(made, id);
            unanswered.put(id, made);
            send(made);
        }
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
            Session session = connect(read(in), out);
            while (true) {
                byte[] packet = read(in);
                synchronized (this) {
                    onPacket(packet, session);
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

    private synchronized Session connect(byte[] packet, DataOutputStream out) throws IOException {
        String id = new String(packet, 14, packet[13], StandardCharsets.UTF_8); // Ids here are short.
        Session session = sessions.get(id);
        boolean isPresent = session != null && resumes();
        out.write(new byte[] {0x20, 2, (byte) (isPresent ? 1 : 0), 0});
        if (!isPresent) {
            Session made = new Session(out);
            sessions.put(id, made);
            return made;
        }
        session.out = out;
        session.isResumed = true;
        for (byte[] unanswered : session.unanswered.values()) {
            if (PacketType.of(unanswered[0]) == PacketType.PUBLISH) {
                unanswered[0] |= DUP;
                if (fault == Fault.RESUME_TWICE) {
                    out.write(unanswered);
                }
            }
            out.write(unanswered);
        }
        return session;
    }

    private boolean resumes() {
        return fault == Fault.RESUME || fault == Fault.RESUME_TWICE;
    }

    private void onPacket(byte[] packet, Session session) throws IOException {
        switch (PacketType.of(packet[0])) {
            case PacketType.SUBSCRIBE -> {
                session.isSubscribed = true;
                session.qos = packet[packet.length - 1];
                session.send(new byte[] {(byte) 0x90, 3, packet[2], packet[3], 0});
            }
            case PacketType.PUBLISH -> onPublish(packet, session);
            case PacketType.PUBREC -> onPubrec(packetId(packet, 2), session);
            case PacketType.PUBREL -> session.send(ack(PacketType.PUBCOMP, packetId(packet, 2)));
            case PacketType.PUBCOMP -> session.unanswered.remove(packetId(packet, 2));
            case PacketType.DISCONNECT -> throw new EOFException();
            default -> throw new IOException("not spoken here: " + PacketType.name(PacketType.of(packet[0])));
        }
    }

    private void onPubrec(int id, Session session) {
        if (session.isResumed || !resumes()) {
            byte[] pubrel = ack(PacketType.PUBREL, id);
            session.unanswered.put(id, pubrel);
            session.send(pubrel);
        }
    }

    private void onPublish(byte[] packet, Session publisher) throws IOException {
        boolean isFaulty = ++published % FAULT_EVERY == 0;
        if (isFaulty && fault == Fault.HANG_UP) {
            throw new EOFException();
        }
        if (published == FAULT_EVERY && fault == Fault.STALL) {
            stall();
        }
        if ((packet[0] & 6) != 0) {
            int type = (packet[0] & 6) == 2 ? PacketType.PUBACK : PacketType.PUBREC;
            publisher.send(ack(type, packetId(packet, packetIdOffset(packet))));
        }
        if (isFaulty && (fault == Fault.SWAP || fault == Fault.ID_IN_USE)) {
            heldBack.add(packet);
            return;
        }
        boolean isIdInUse = fault == Fault.ID_IN_USE && !heldBack.isEmpty();
        if (isIdInUse) {
            deliver(heldBack.remove(0));
        }
        if (!isLost(isFaulty)) {
            deliver(packet, isIdInUse ? 0 : 1);
        }
        if (isFaulty && fault == Fault.DOUBLE) {
            deliver(packet);
        }
        if (isFaulty && (fault == Fault.AGAIN || fault == Fault.AGAIN_WITH_DUP)) {
            sessions.values().forEach(this::sendLastAgain);
        }
        heldBack.forEach(this::deliver);
        heldBack.clear();
    }

    private void sendLastAgain(Session session) {
        byte[] last = session.unanswered.get(session.lastId);
        if (last != null) {
            byte[] again = last.clone();
            if (fault == Fault.AGAIN_WITH_DUP) {
                again[0] |= DUP;
            }
            session.send(again);
        }
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

    private static int packetId(byte[] packet, int at) {
        return (packet[at] & 0xFF) << 8 | packet[at + 1] & 0xFF;
    }

    private static void putPacketId(byte[] packet, int id) {
        int at = packetIdOffset(packet);
        packet[at] = (byte) (id >> 8);
        packet[at + 1] = (byte) id;
    }

    private static byte[] ack(int type, int id) {
        UnsafeBuffer ack = new UnsafeBuffer(new byte[AckEncoder.LENGTH_MAX]);
        return Arrays.copyOf(ack.byteArray(), AckEncoder.encode(ProtocolVersion.V3_1_1, type, id, 0, ack, 0));
    }

    private void deliver(byte[] packet) {
        deliver(packet, 1);
    }

    /** With the packet id that is so far behind the last one. */
    private void deliver(byte[] packet, int idStep) {
        for (Session session : sessions.values()) {
            if (session.isSubscribed && session.qos == 2 && (packet[0] & 6) == 4) {
                session.lastId += idStep;
                session.publish(packet, session.lastId);
            } else if (session.isSubscribed) {
                session.send(atQos0(packet));
            }
        }
    }

    /** The packet id is taken out. */
    private static byte[] atQos0(byte[] packet) {
        if ((packet[0] & 6) == 0) {
            return packet;
        }
        int at = packetIdOffset(packet);
        byte[] delivered = new byte[packet.length - 2];
        System.arraycopy(packet, 0, delivered, 0, at);
        System.arraycopy(packet, at + 2, delivered, at, packet.length - at - 2);
        delivered[0] = PacketType.PUBLISH << 4;
        delivered[1] -= 2; // Packets here are shorter than 128 bytes.
        return delivered;
    }

    @Override
    public synchronized void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
