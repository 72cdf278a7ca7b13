/** Topic names and topic filters, and the UTF-8 they are made of: validity and matching. */
@NullMarked
package io.tally.protocol.topic;

import org.jspecify.annotations.NullMarked;
