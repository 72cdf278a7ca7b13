/** Sessions and their subscriptions. */
@NullMarked
package io.tally.engine.session;

import org.jspecify.annotations.NullMarked;
