/** Everything a person touches. */
@NullMarked
package io.tally.ops;

import org.jspecify.annotations.NullMarked;
