package io.tally.ops.config;

/** What a line with a certain name does. */
@FunctionalInterface
interface Option {
    void apply(ConfigLine line, ConfigDraft draft) throws ConfigException;
}
