/** Layouts of the records that the engine hands to the gateways: what is to be sent or closed. */
@NullMarked
package io.tally.protocol.effect;

import org.jspecify.annotations.NullMarked;
