/** The queue of each session: positions of messages, and how far each delivery has come. */
@NullMarked
package io.tally.engine.delivery;

import org.jspecify.annotations.NullMarked;
