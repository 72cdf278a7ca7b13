/** How what something costs grows with how much there is of it. */
@NullMarked
package io.tally.perf.growth;

import org.jspecify.annotations.NullMarked;
