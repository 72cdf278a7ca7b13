package io.tally.protocol.topic;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MountPointTest {
    private final MountPoint mount = new MountPoint("site/");
    private final ExpandableArrayBuffer mounted = new ExpandableArrayBuffer();

    private static DirectBuffer buffer(String topic) {
        return new UnsafeBuffer(topic.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource({
        "a, site/a, site/a",
        "$SYS/a, $SYS/a, $SYS/a",
        "$share/g/a, site/$share/g/a, $share/g/site/a",
        "$share/g/$SYS/a, site/$share/g/$SYS/a, $share/g/$SYS/a",
    })
    void aNameIsNoSharedFilter(String topic, String name, String filter) {
        DirectBuffer b = buffer(topic);
        int length = mount.mountName(b, 0, b.capacity(), mounted, 0);
        assertEquals(name, mounted.getStringWithoutLengthUtf8(0, length));
        length = mount.mountFilter(b, 0, b.capacity(), mounted, 0);
        assertEquals(filter, mounted.getStringWithoutLengthUtf8(0, length));
    }

    @ParameterizedTest
    @CsvSource({
        "site/a, 5",
        "site/a/$b, 5",
        "$SYS/a, 0",
        "site/, -1",
        "sit, -1",
        "other/a, -1",
        "site/$SYS/a, -1",
        "site/$SYS, -1",
        "site/$share/g/a, -1",
        "site/$, -1",
    })
    void whatWouldBeginWithADollarIsNotSeen(String topic, int hidden) {
        DirectBuffer b = buffer(topic);
        assertEquals(hidden, mount.hiddenLength(b, 0, b.capacity()));
    }

    @Test
    void withoutAMountPointEverythingIsSeen() {
        DirectBuffer b = buffer("$a");
        assertEquals(0, MountPoint.NONE.hiddenLength(b, 0, b.capacity()));
    }
}
