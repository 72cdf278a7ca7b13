/** Who may connect and what they may do: password files, access lists, SCRAM. Implements ports of the gateway. */
@NullMarked
package io.tally.ops.security;

import org.jspecify.annotations.NullMarked;
