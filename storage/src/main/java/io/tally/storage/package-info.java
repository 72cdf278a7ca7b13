/** Durable order on one machine. Knows records, not MQTT. */
@NullMarked
package io.tally.storage;

import org.jspecify.annotations.NullMarked;
