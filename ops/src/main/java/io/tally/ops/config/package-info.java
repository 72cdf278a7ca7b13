/** The configuration: a tree of records, and the reader of mosquitto.conf syntax that makes it. */
@NullMarked
package io.tally.ops.config;

import org.jspecify.annotations.NullMarked;
