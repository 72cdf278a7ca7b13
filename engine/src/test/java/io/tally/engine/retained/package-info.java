/** Tests of the retained messages. */
@NullMarked
package io.tally.engine.retained;

import org.jspecify.annotations.NullMarked;
