/** The last retained message of each topic. */
@NullMarked
package io.tally.engine.retained;

import org.jspecify.annotations.NullMarked;
