/** One order for all commands: from the command ring through the journal to the engine. */
@NullMarked
package io.tally.storage.sequencer;

import org.jspecify.annotations.NullMarked;
