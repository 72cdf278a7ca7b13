/**
 * Conformance: one test or more for every statement of MQTT 5.0 and 3.1.1 that concerns a server, each over a real
 * socket with bytes written by hand. Knows nothing of the broker's code.
 */
@NullMarked
package io.tally.ops.conformance;

import org.jspecify.annotations.NullMarked;
