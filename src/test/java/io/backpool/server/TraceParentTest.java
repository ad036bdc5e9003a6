package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.undertow.util.HeaderMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceParentTest {
    @ParameterizedTest
    @CsvSource({
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, true",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, true",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later, true",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.later, false",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later, false",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, false",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01, false",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01, false",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01, false",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0, false",
        "00-0af7651916cd43dd8448eb211c80319c.b7ad6b7169203331-01, false",
        "'', false",
    })
    void isValidAsW3cSays(String text, boolean valid) {
        assertThat(TraceParent.isValid(text)).isEqualTo(valid);
    }

    @Test
    void ofTwoNoneIsTaken() {
        var headers = new HeaderMap();
        String one = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        headers.add(TraceParent.HEADER, one).add(TraceParent.HEADER, one);

        TraceParent.settle(headers);

        assertThat(headers.get(TraceParent.HEADER))
                .singleElement()
                .satisfies(made -> assertThat(TraceParent.isValid(made)).isTrue())
                .isNotEqualTo(one);
    }
}
