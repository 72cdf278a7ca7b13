package io.tally.ops.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bytes that mosquitto_sub would write. */
class PrinterTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @ParameterizedTest
    @CsvSource({
        "false,true,text,'text|'",
        "false,false,text,text",
        "true,true,text,'t/ü text|'",
        "true,false,text,'t/ü text'",
        "false,true,'',''",
        "true,true,'','t/ü (null)|'",
        "true,false,'',''"
    })
    void writesTopicPayloadAndLineFeed(boolean withTopic, boolean withLineFeed, String payload, String expected) {
        Printer printer = new Printer(new PrintStream(bytes), withTopic, withLineFeed);
        printer.print("t/ü", payload.getBytes(StandardCharsets.UTF_8));
        assertEquals(expected.replace('|', '\n'), bytes.toString(StandardCharsets.UTF_8));
    }

    @Test
    void writesPayloadBytesAsTheyAre() {
        byte[] payload = {0, (byte) 0xff, '\n', 13, (byte) 0xc3};
        new Printer(new PrintStream(bytes), false, false).print("t", payload);
        assertArrayEquals(payload, bytes.toByteArray());
    }
}
