/** The state store: the view of the journal that survives restarts, in RocksDB. */
@NullMarked
package io.tally.storage.state;

import org.jspecify.annotations.NullMarked;
