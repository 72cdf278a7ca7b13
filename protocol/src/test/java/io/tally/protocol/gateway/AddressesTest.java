package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetSocketAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How listeners are shown. */
class AddressesTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1,127.0.0.1:1883",
        "::1,[::1]:1883",
        "::,*:1883",
        "0.0.0.0,*:1883",
        "fe80::1:2,[fe80::1:2]:1883"
    })
    void addressesReadAsAPersonWritesThem(String host, String text) {
        assertEquals(text, Addresses.text(new InetSocketAddress(host, 1883)));
    }
}
