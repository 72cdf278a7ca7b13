/** Layouts of the records that the journal holds: what happened to the broker, in order. */
@NullMarked
package io.tally.protocol.command;

import org.jspecify.annotations.NullMarked;
