package io.backpool.proxyconf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** httpd's threads for so many clients. */
class MpmThreadsTest {
    @ParameterizedTest
    @CsvSource({
        // clients, a child, at first, workers, ServerLimit
        "1, 64, 2, 2048, 128",
        "64, 64, 2, 2048, 128",
        "65, 128, 2, 2048, 64",
        "250, 256, 2, 2048, 32",
        "300, 320, 2, 1920, 24",
        "1000, 512, 2, 2048, 16",
        "5000, 512, 10, 10240, 80",
        "10000, 512, 20, 20480, 160",
    })
    void followFromTheClients(int clients, int perChild, int atFirst, int workers, int limit) {
        var threads = new MpmThreads(clients);
        assertThat(threads.perChild()).isEqualTo(perChild);
        assertThat(threads.atFirst()).isEqualTo(atFirst);
        assertThat(threads.workers()).isEqualTo(workers);
        assertThat(threads.serverLimit()).isEqualTo(limit);
    }

    @Test
    void areWhatHttpdTakesAndEnoughFromTheStart() {
        for (int clients = 1; clients <= FrontEnd.MOST_CLIENTS; clients++) {
            var threads = new MpmThreads(clients);
            assertThat(threads.perChild() * threads.atFirst()).isGreaterThanOrEqualTo(clients);
            assertThat(threads.workers()).isGreaterThanOrEqualTo(2 * clients - threads.perChild());
            assertThat(threads.workers() % threads.perChild()).isZero();
            assertThat(threads.serverLimit()).isLessThan(20_000); // MAX_SERVER_LIMIT
            assertThat(threads.perChild() * threads.atFirst())
                    .isLessThanOrEqualTo(threads.workers());
        }
    }
}
