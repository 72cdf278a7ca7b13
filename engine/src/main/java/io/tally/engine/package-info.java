/** The broker as a deterministic function: state and command in, state and effects out. */
@NullMarked
package io.tally.engine;

import org.jspecify.annotations.NullMarked;
