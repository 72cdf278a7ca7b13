/** The engine in a simulated world: journal, store, gateways, links, clients and clock, all from one seed. */
@NullMarked
package io.tally.engine.sim;

import org.jspecify.annotations.NullMarked;
