package io.backpool.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A few runs of what {@code bin/soak} does for as long as one likes. */
class PoolModelIT {
    private static final int MINUTES = 2;
    private static final int LENGTH = 10;

    /** More than bin/soak has: other tests run beside this one. */
    private static final int PATIENCE_SECONDS = 30;

    private static final int SHRINK_MINUTES = 5;

    @Test
    @Timeout(value = 20, unit = TimeUnit.MINUTES)
    void theWorldIsAsTheModelSaysAndNoRequestFails() throws Exception {
        var soak =
                new Soak(
                        new Soak.Options(
                                MINUTES,
                                1,
                                LENGTH,
                                PATIENCE_SECONDS,
                                SHRINK_MINUTES,
                                null,
                                null,
                                List.of()));

        assertThat(soak.run()).isEmpty();
    }
}
