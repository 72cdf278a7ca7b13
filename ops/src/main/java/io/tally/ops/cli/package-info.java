/** The command line: {@code tally serve}, {@code tally pub} and {@code tally sub}. */
@NullMarked
package io.tally.ops.cli;

import org.jspecify.annotations.NullMarked;
