package io.tally.protocol.gateway;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;

/** How sockets are driven. */
public enum Transport {
    /** Native epoll where its library loads, NIO elsewhere. */
    BEST,
    /** Linux epoll through Netty's native library. */
    EPOLL,
    /** The JDK's own selector. */
    NIO;

    /** Never {@link #BEST}. */
    Transport resolved() {
        return this != BEST ? this : Epoll.isAvailable() ? EPOLL : NIO;
    }

    IoHandlerFactory handlerFactory() {
        return resolved() == EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    }

    ServerSocketChannel newServerChannel() {
        return resolved() == EPOLL ? new EpollServerSocketChannel() : new NioServerSocketChannel();
    }
}
