/** Deadlines, advanced by the time of commands. */
@NullMarked
package io.tally.engine.timer;

import org.jspecify.annotations.NullMarked;
