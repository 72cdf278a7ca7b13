package io.tally.storage.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.condition.OS.LINUX;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;

@EnabledOnOs(LINUX)
class NativeLibraryTest {
    @Test
    void isLoadedFromWhereItWasUnpacked() throws IOException {
        NativeLibrary.load(StoreRig.NATIVE);
        List<String> maps = Files.readAllLines(Path.of("/proc/self/maps"), StandardCharsets.UTF_8);
        String mapped = maps.stream()
                .filter(line -> line.contains("rocksdbjni"))
                .findFirst()
                .orElseThrow();
        assertTrue(mapped.contains(StoreRig.NATIVE.toString()), mapped);
        Path folder = Path.of(mapped.substring(mapped.indexOf('/'))).getParent();
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(1, files.count(), "the library and nothing left over");
        }
    }
}
