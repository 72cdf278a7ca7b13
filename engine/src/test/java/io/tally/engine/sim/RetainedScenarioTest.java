package io.tally.engine.sim;

import static io.tally.engine.sim.ConnectOptions.CLEAN;
import static io.tally.engine.sim.ConnectOptions.PERSISTENT;
import static io.tally.engine.sim.Filter.filter;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.Limits;
import org.junit.jupiter.api.Test;

/** Retained messages are what the last accepted retained PUBLISH says. */
class RetainedScenarioTest {
    @Test
    void aNewSubscriberGetsTheLastRetainedMessageOfEachTopic() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publishRetained("p/1", "old", 1)
                    .publishRetained("p/1", "new", 2)
                    .publishRetained("p/2", "other", 0);
            ScenarioClient tag = broker.client("tag")
                    .connect(PERSISTENT)
                    .subscribe(filter("p/#", 1).id(4));
            tag.expectPublish("new").withQos(1).withRetain(true).withIds(4).acknowledge();
            tag.expectPublish("other").withQos(0).withRetain(true).expectNothing();
        }
    }

    @Test
    void anEmptyPayloadRemovesIt() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publishRetained("p", "9.99", 1).publishRetained("p", "", 1).awaitPuback();
            broker.client("tag").connect(CLEAN).subscribe("p", 1).expectNothing();
            assertEquals(0, broker.engine().retainedCount());
        }
    }

    @Test
    void whoIsSubscribedAlreadySeesNoRetainFlagUnlessAskedFor() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient tag = broker.client("tag").connect(CLEAN).subscribe("p", 1);
            ScenarioClient bridge = broker.client("bridge")
                    .connect(CLEAN)
                    .subscribe(filter("p", 1).retainAsPublished());
            broker.client("till").connect(CLEAN).publishRetained("p", "1", 1).publish("p", "2", 1);
            tag.expectPublish("1").withRetain(false).acknowledge();
            bridge.expectPublish("1")
                    .withRetain(true)
                    .acknowledge()
                    .expectPublish("2")
                    .withRetain(false);
        }
    }

    @Test
    void retainHandlingSaysWhenRetainedMessagesCome() {
        try (Scenario broker = Scenario.start()) {
            broker.client("till").connect(CLEAN).publishRetained("p", "1", 1);
            ScenarioClient tag = broker.client("tag").connect(PERSISTENT);
            tag.subscribe(filter("p", 1).retainHandling(2)).expectNothing();
            tag.subscribe(filter("p", 1).retainHandling(1)).expectNothing();
            tag.subscribe(filter("p", 1)).expectAndAcknowledge("1");
            tag.unsubscribe("p");
            tag.subscribe(filter("p", 1).retainHandling(1)).expectAndAcknowledge("1");
        }
    }

    @Test
    void retainedMessagesOutliveTheProcessAndTheirJournalFile() {
        try (Scenario broker = Scenario.start(SimulationOptions.seed(1).fileBytes(1_000))) {
            ScenarioClient till = broker.client("till").connect(CLEAN).publishRetained("p", "kept", 2);
            for (int i = 0; i < 50; i++) {
                till.publish("else", "m" + i, 1);
            }
            broker.checkpoint();
            assertTrue(broker.deleteFiles() > 0);
            broker.crash().restart();
            broker.client("tag")
                    .connect(CLEAN)
                    .subscribe("p", 2)
                    .expectPublish("kept")
                    .withRetain(true);
        }
    }

    @Test
    void anExpiredRetainedMessageDoesNotCome() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient till = broker.client("till").connect(CLEAN);
            till.publish(Packet.Publish.toBroker("p", "short", 1, true, 10));
            till.publish(Packet.Publish.toBroker("q", "long", 1, true, 100));
            broker.checkpoint().crash().advanceSeconds(20).restart();
            ScenarioClient tag = broker.client("tag").connect(PERSISTENT).subscribe("#", 1);
            tag.expectPublish("long").withExpiry(80).acknowledge().expectNothing();
        }
    }

    @Test
    void sharedSubscriptionsGetNone() {
        try (Scenario broker = Scenario.start()) {
            broker.client("till").connect(CLEAN).publishRetained("p", "1", 1);
            broker.client("tag").connect(CLEAN).subscribe("$share/g/p", 1).expectNothing();
        }
    }

    @Test
    void nothingIsKeptWhereRetainIsNotAvailable() {
        try (Scenario broker = Scenario.start(new Limits(0, 0, ConnectCommand.EXPIRY_NEVER, 0, false, false))) {
            ScenarioClient tag = broker.client("tag").connect(CLEAN).subscribe("p", 1);
            broker.client("till").connect(CLEAN).publishRetained("p", "1", 1);
            tag.expectAndAcknowledge("1").subscribe("p", 1).expectNothing();
        }
    }

    @Test
    void aReplacedMessageStaysReadableForWhomItIsQueued() {
        try (Scenario broker = Scenario.start()) {
            ScenarioClient till = broker.client("till").connect(CLEAN).publishRetained("p", "old", 1);
            ScenarioClient tag = broker.client("tag").connect(PERSISTENT).subscribe("p", 1);
            tag.expectPublish("old").cut();
            till.publishRetained("p", "new", 1);
            broker.checkpoint().crash().restart();
            tag.reconnect().expectPublish("old").asDup().withRetain(true).acknowledge();
            tag.expectPublish("new").withRetain(false).acknowledge();
            broker.checkpoint();
            assertEquals(1, broker.broker().store().keptCount());
        }
    }
}
