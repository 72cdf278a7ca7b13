package io.tally.protocol.gateway;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.RawUnixChannelOption;
import io.tally.protocol.listener.ListenAddress;
import io.tally.protocol.listener.Listener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** How sockets are driven. */
public enum Transport {
    /** Native epoll where its library loads, NIO elsewhere. */
    BEST,
    /** Linux epoll through Netty's native library. */
    EPOLL,
    /** The JDK's own selector. */
    NIO;

    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_V6ONLY = 26;
    private static final ChannelOption<Integer> V6_ONLY =
            new IntegerUnixChannelOption("IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY);

    private static final int SOL_SOCKET = 1;
    private static final int SO_BINDTODEVICE = 25;
    private static final int DEVICE_NAME_MAX = 16;
    private static final ChannelOption<ByteBuffer> DEVICE =
            new RawUnixChannelOption("SO_BINDTODEVICE", SOL_SOCKET, SO_BINDTODEVICE, DEVICE_NAME_MAX);

    /** Never {@link #BEST}. */
    Transport resolved() {
        return this != BEST ? this : Epoll.isAvailable() ? EPOLL : NIO;
    }

    IoHandlerFactory handlerFactory() {
        return resolved() == EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    }

    /** Not bound yet. */
    Channel newServerChannel(Listener listener) throws IOException {
        ListenAddress address = listener.address();
        if (address.path() != null) {
            if (resolved() != EPOLL) {
                throw Addresses.unusable(listener, "unix sockets need Linux epoll", null);
            }
            return new EpollServerDomainSocketChannel();
        }
        boolean isPlain = address.family() == ListenAddress.Family.ANY && address.device() == null;
        if (resolved() == EPOLL) {
            return isPlain ? new EpollServerSocketChannel() : newBoundTo(listener);
        }
        if (!isPlain) {
            throw Addresses.unusable(listener, "socket_domain and bind_interface need Linux epoll", null);
        }
        return new NioServerSocketChannel();
    }

    private static Channel newBoundTo(Listener listener) throws IOException {
        ListenAddress address = listener.address();
        EpollServerSocketChannel channel = switch (address.family()) {
            case ANY -> new EpollServerSocketChannel();
            case IPV4 -> new EpollServerSocketChannel(SocketProtocolFamily.INET);
            case IPV6 -> new EpollServerSocketChannel(SocketProtocolFamily.INET6);
        };
        try {
            if (address.family() == ListenAddress.Family.IPV6) {
                channel.config().setOption(V6_ONLY, 1);
            }
            String device = address.device();
            if (device != null) {
                byte[] name = device.getBytes(StandardCharsets.UTF_8);
                ByteBuffer padded =
                        ByteBuffer.allocateDirect(DEVICE_NAME_MAX).put(name).clear();
                channel.config().setOption(DEVICE, padded);
            }
            return channel;
        } catch (RuntimeException e) {
            channel.unsafe().closeForcibly();
            throw Addresses.unusable(
                    listener, "cannot listen on the interface " + address.device() + ": " + e.getMessage(), e);
        }
    }
}
