/**
 * System tests: a real broker process, real sockets and disks, and clients that keep their own account of every
 * message.
 */
@NullMarked
package io.tally.ops.system;

import org.jspecify.annotations.NullMarked;
