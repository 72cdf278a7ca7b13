/** Connections: sockets, packets in, commands out, effects in, packets out. The only user of Netty. */
@NullMarked
package io.tally.protocol.gateway;

import org.jspecify.annotations.NullMarked;
