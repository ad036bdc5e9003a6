package io.backpool.service.queue;

import static io.backpool.service.queue.QueueContract.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.backpool.config.QueueConfig;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MessageStatesTest {
    private static final int STEPS = 4;

    @TempDir Path directory;

    /** What is dead is not handled again, so nobody else has the body then. */
    @Test
    void whoeverDiesWhileAMessageIsGivenUpLeavesItsBodyOrItsDelivery() {
        QueueConfig config = TestQueues.config("amqp://host", "q");
        try (HikariDataSource file = TestStates.open(directory.resolve("states.db"))) {
            var well = new MessageStates(config, () -> file, new Counters(config.url()));
            for (int steps = 1; steps < STEPS; steps++) {
                String id = "message " + steps;
                assertThat(well.begin(id)).isEqualTo(1);
                DataSource dying = until(file, steps);
                var died = new MessageStates(config, () -> dying, new Counters(config.url()));
                assertThatThrownBy(() -> died.bury(id, bytes("body"), "no"))
                        .isInstanceOf(QueueException.class);
                if (well.begin(id) == 0) {
                    assertThat(well.allowRetry(id)).isEqualTo(bytes("body"));
                }
            }
        }
    }

    /** Gives so many connections, and none after. */
    private static DataSource until(DataSource source, int connections) {
        int[] left = {connections};
        return (DataSource)
                Proxy.newProxyInstance(
                        DataSource.class.getClassLoader(),
                        new Class<?>[] {DataSource.class},
                        (proxy, method, arguments) -> {
                            if (left[0]-- == 0) {
                                throw new SQLException("its process died");
                            }
                            return source.getConnection();
                        });
    }
}
