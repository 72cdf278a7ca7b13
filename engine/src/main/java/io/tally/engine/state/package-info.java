/** Rows of the state store, written and read; the digest of all of them. */
@NullMarked
package io.tally.engine.state;

import org.jspecify.annotations.NullMarked;
