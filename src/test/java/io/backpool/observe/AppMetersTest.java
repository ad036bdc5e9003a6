package io.backpool.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An application's own meters among the pool's. */
class AppMetersTest {
    @Test
    void theyAreScrapedWithTheirMember() throws IOException {
        try (var metrics = new Metrics()) {
            metrics.application("m1").counter("shop.orders", "kind", "tea").increment();

            var text = new ByteArrayOutputStream();
            metrics.write(text, Metrics.MEDIA_TYPES.get(0));

            assertThat(text.toString(StandardCharsets.UTF_8))
                    .contains("shop_orders_total{kind=\"tea\",member=\"m1\"} 1.0");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"backpool.mine", "backpool_mine", "http.server.requests", "jvm.memory.used"})
    void theyHaveNoNameOfThePools(String name) {
        try (var metrics = new Metrics()) {
            MeterRegistry meters = metrics.application("m1");

            assertThatThrownBy(() -> meters.counter(name))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(name);
        }
    }
}
