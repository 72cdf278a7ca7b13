/** MQTT packets of 3.1, 3.1.1 and 5.0 as bytes: flyweight decoders and encoders. */
@NullMarked
package io.tally.protocol.codec;

import org.jspecify.annotations.NullMarked;
