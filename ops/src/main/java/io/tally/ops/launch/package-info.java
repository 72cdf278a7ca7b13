/** Where the broker is put together. */
@NullMarked
package io.tally.ops.launch;

import org.jspecify.annotations.NullMarked;
