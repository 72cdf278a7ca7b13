/** Where log lines go: an SLF4J provider whose callers never wait, and one thread that writes. */
@NullMarked
package io.tally.ops.log;

import org.jspecify.annotations.NullMarked;
