package io.tally.ops.security;

import io.tally.protocol.gateway.AccessRules;
import io.tally.protocol.topic.TopicFilters;
import org.agrona.DirectBuffer;

/** The lines of an {@link AclFile} that speak of one client, in the order in which they count. Allocates nothing. */
final class AclRules implements AccessRules {
    static final int READ = 1;
    static final int WRITE = 2;

    private final Rule[] rules;

    AclRules(Rule[] rules) {
        this.rules = rules;
    }

    /** @param access {@link #READ} and {@link #WRITE}, 0 = deny both */
    record Rule(int access, DirectBuffer filter) {}

    @Override
    public boolean mayPublish(DirectBuffer topic, int offset, int length) {
        return may(WRITE, topic, offset, length);
    }

    @Override
    public boolean mayReceive(DirectBuffer topic, int offset, int length) {
        return may(READ, topic, offset, length);
    }

    private boolean may(int access, DirectBuffer topic, int offset, int length) {
        for (Rule rule : rules) {
            boolean speaksOfIt = rule.access == 0 || (rule.access & access) != 0;
            if (speaksOfIt && TopicFilters.matches(rule.filter, topic, offset, length)) {
                return rule.access != 0;
            }
        }
        return false;
    }
}
