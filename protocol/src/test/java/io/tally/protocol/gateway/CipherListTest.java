package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CipherListTest {
    private static final Set<String> AVAILABLE = new LinkedHashSet<>(List.of(
            "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-SHA", "AES256-SHA"));

    @ParameterizedTest
    @CsvSource({
        "HIGH:!aNULL:@STRENGTH, 0123",
        "ECDHE+AESGCM:ECDHE+CHACHA20, 01",
        "AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256, 30",
        "ALL:!SHA, 01",
        "ALL:-SHA:AES256-SHA, 013",
        "ALL:+ECDHE, 3012",
        "!SHA:ALL, 01",
        "kRSA, 3",
        "NONSENSE:RC4, ''",
    })
    void selectsAsOpenSslDoes(String list, String expected) {
        List<String> names = List.copyOf(AVAILABLE);
        StringBuilder selected = new StringBuilder();
        CipherList.select(list, AVAILABLE).forEach(name -> selected.append(names.indexOf(name)));
        assertEquals(expected, selected.toString());
    }
}
