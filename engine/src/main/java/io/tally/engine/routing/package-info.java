/** Which sessions a topic goes to. */
@NullMarked
package io.tally.engine.routing;

import org.jspecify.annotations.NullMarked;
