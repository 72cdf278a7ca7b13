/** The load: MQTT clients of its own on non-blocking sockets, all driven by one thread. */
@NullMarked
package io.tally.perf.load;

import org.jspecify.annotations.NullMarked;
