/** What the configuration says of one listener: where it is, how bytes arrive, and what its clients may do. */
@NullMarked
package io.tally.protocol.listener;

import org.jspecify.annotations.NullMarked;
