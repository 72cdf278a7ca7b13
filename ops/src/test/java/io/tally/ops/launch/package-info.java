/** The whole broker on one thread, driven by hand. */
package io.tally.ops.launch;
