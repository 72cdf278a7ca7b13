/** What every part of the protocol module shares. */
@NullMarked
package io.tally.protocol;

import org.jspecify.annotations.NullMarked;
