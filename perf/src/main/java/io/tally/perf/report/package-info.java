/** Results for people and for programs. */
@NullMarked
package io.tally.perf.report;

import org.jspecify.annotations.NullMarked;
