/** Tests of the gateway, with and without sockets. */
@NullMarked
package io.tally.protocol.gateway;

import org.jspecify.annotations.NullMarked;
