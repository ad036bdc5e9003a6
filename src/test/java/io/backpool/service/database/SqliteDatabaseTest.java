package io.backpool.service.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.config.ConfigException;
import io.backpool.config.ServiceUrl;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on a SQLite file. */
class SqliteDatabaseTest extends DatabaseContract {
    @TempDir Path directory;

    @Override
    String url() {
        return "jdbc:sqlite:" + directory.resolve("new/app.db");
    }

    @Test
    void thereIsNoFileBeforeTheFirstUse() throws Exception {
        try (Database database = open()) {
            assertThat(database.stats().reachable()).isTrue();
            assertThat(Files.exists(directory.resolve("new"))).isFalse();
            execute(database, "SELECT 1");
            assertThat(Files.exists(directory.resolve("new/app.db"))).isTrue();
        }
    }

    @Test
    void aUrlThatNoEngineKnowsIsAMistakeWithoutItsPassword() {
        for (String wrong :
                new String[] {
                    "jdbc:sqlite:",
                    "jdbc:mysql://h/d?user=u&password=s3cret",
                    "postgresql://u:s3cret@h/d",
                    "jdbc:postgresql://u:s3cret@h/d"
                }) {
            assertThatThrownBy(() -> Database.open(new ServiceUrl(wrong)))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("must be jdbc:sqlite:FILE or")
                    .hasMessageNotContaining("s3cret");
        }
    }
}
