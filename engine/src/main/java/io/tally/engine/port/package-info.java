/** What the engine needs from outside, and how commands reach it. */
@NullMarked
package io.tally.engine.port;

import org.jspecify.annotations.NullMarked;
