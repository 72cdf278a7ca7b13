/** Effects into the streams of the I/O loops. */
@NullMarked
package io.tally.engine.egress;

import org.jspecify.annotations.NullMarked;
