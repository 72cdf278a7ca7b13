/** Topic names and topic filters: validity and matching. */
@NullMarked
package io.tally.protocol.topic;

import org.jspecify.annotations.NullMarked;
