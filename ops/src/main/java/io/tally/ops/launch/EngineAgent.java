package io.tally.ops.launch;

import io.tally.engine.DropCounts;
import io.tally.engine.Engine;
import io.tally.storage.sequencer.CommandFeed;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Feeds the engine, and lets it write checkpoints. Owned by the engine thread. */
final class EngineAgent implements Agent {
    private static final int COMMANDS_PER_CYCLE = 1024;
    private static final long CHECKPOINT_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long DROPS_INTERVAL_NS = TimeUnit.MINUTES.toNanos(1);
    private static final Logger LOG = LoggerFactory.getLogger("tally.engine");
    private static final long CLEAN_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Engine engine;
    private final CommandFeed feed;
    private final RingEffects effects;
    private final JournalCleaner cleaner;
    private final SystemTopics systemTopics;
    private final AtomicLong nextDeadlineMs;
    private final Runnable sequencerBell;
    private final NanoClock clock;
    private long publishedDeadlineMs = Long.MAX_VALUE;
    private long checkpointDueNs;
    private long cleanDueNs;
    private long dropsDueNs;
    private DropCounts drops = new DropCounts(0, 0, 0, 0);

    /** What the agent works with. */
    record Parts(
            Engine engine, CommandFeed feed, RingEffects effects, JournalCleaner cleaner, SystemTopics systemTopics) {}

    EngineAgent(Parts parts, AtomicLong nextDeadlineMs, Runnable sequencerBell, NanoClock clock) {
        this.engine = parts.engine;
        this.feed = parts.feed;
        this.effects = parts.effects;
        this.cleaner = parts.cleaner;
        this.systemTopics = parts.systemTopics;
        this.nextDeadlineMs = nextDeadlineMs;
        this.sequencerBell = sequencerBell;
        this.clock = clock;
    }

    @Override
    public String roleName() {
        return "engine";
    }

    @Override
    public int doWork() {
        int work = feed.poll(engine, COMMANDS_PER_CYCLE);
        long nowNs = clock.nanoTime();
        if (nowNs - checkpointDueNs >= 0) {
            checkpointDueNs = nowNs + CHECKPOINT_INTERVAL_NS;
            engine.tryCheckpoint();
        }
        if (nowNs - cleanDueNs >= 0) {
            cleanDueNs = nowNs + CLEAN_INTERVAL_NS;
            cleaner.clean();
            systemTopics.update(nowNs);
        }
        if (nowNs - dropsDueNs >= 0) {
            dropsDueNs = nowNs + DROPS_INTERVAL_NS;
            warnOfDrops();
        }
        publishDeadline();
        effects.ring();
        return work;
    }

    private void warnOfDrops() {
        DropCounts now = engine.dropCounts();
        DropCounts since = now.minus(drops);
        if (since.sum() != 0) {
            LOG.warn(
                    "Queues are full, see 'queue_full_policy': since the last such line {} messages were not queued,"
                            + " {} of the oldest were dropped, {} were refused, {} did not reach connected clients"
                            + " that do not keep up",
                    since.newest(),
                    since.oldest(),
                    since.rejected(),
                    since.unread());
            drops = now;
        }
    }

    private void publishDeadline() {
        long deadlineMs = engine.nextDeadlineMs();
        if (deadlineMs != publishedDeadlineMs) {
            boolean isSooner = deadlineMs < publishedDeadlineMs;
            publishedDeadlineMs = deadlineMs;
            nextDeadlineMs.setRelease(deadlineMs);
            if (isSooner) {
                sequencerBell.run();
            }
        }
    }

    boolean hasWork() {
        return feed.hasWork();
    }

    /** Longest sleep, nanoseconds: a state that has changed wants a checkpoint, a clean one nothing. */
    long timeoutNs() {
        boolean isClean = engine.position() == engine.reflectedPosition();
        return isClean ? TimeUnit.SECONDS.toNanos(1) : Math.max(1, checkpointDueNs - clock.nanoTime());
    }
}
