package io.backpool.service.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class AttributeValueTest {
    @Test
    void plainValuesComeBackAsTheyWere() {
        for (Object value : List.of("Zoë", "", 7, Integer.MIN_VALUE, 1L << 40, 0.5, true, false)) {
            assertThat(AttributeValue.decode(AttributeValue.encode("a", value))).isEqualTo(value);
        }
        assertThat(AttributeValue.decode(AttributeValue.encode("a", new byte[] {1, 2})))
                .isEqualTo(new byte[] {1, 2});
    }

    @Test
    void whatIsNotPlainOrTooLargeIsRefusedSayingWhatToDo() {
        assertThatThrownBy(() -> AttributeValue.encode("cart", new Object()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cart is a java.lang.Object")
                .hasMessageContaining("JSON");
        String large = "x".repeat(AttributeValue.MAX_BYTES);
        assertThatThrownBy(() -> AttributeValue.encode("cart", large))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 65536");
    }
}
