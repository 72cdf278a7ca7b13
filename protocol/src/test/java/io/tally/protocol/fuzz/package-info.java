/** Coverage-guided fuzzing of what reads bytes of strangers. */
package io.tally.protocol.fuzz;
