/** Microbenchmarks of what every message passes through: {@code tally bench jmh}. */
@NullMarked
package io.tally.perf.jmh;

import org.jspecify.annotations.NullMarked;
