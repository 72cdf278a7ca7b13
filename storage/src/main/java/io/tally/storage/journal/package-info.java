/** The durable order of commands: what a command's position means, how it gets to disk and how it is read back. */
@NullMarked
package io.tally.storage.journal;

import org.jspecify.annotations.NullMarked;
