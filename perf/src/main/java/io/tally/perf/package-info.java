/** Load, benchmarks and comparisons; never part of a running broker. */
@NullMarked
package io.tally.perf;

import org.jspecify.annotations.NullMarked;
