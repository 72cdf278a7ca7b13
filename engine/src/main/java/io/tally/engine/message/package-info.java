/** Which messages are still needed, and which journal files hold them. */
@NullMarked
package io.tally.engine.message;

import org.jspecify.annotations.NullMarked;
