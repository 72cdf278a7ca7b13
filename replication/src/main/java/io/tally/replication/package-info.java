/** The same order on several machines, through Aeron Cluster. */
@NullMarked
package io.tally.replication;

import org.jspecify.annotations.NullMarked;
