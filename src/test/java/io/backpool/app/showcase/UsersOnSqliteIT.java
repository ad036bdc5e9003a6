package io.backpool.app.showcase;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.TestServices;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The contract on a SQLite file. */
class UsersOnSqliteIT extends UsersContract {
    @Override
    String databaseUrl() {
        return "jdbc:sqlite:" + directory.resolve("data/app.db");
    }

    @Test
    void aFolderThatIsDeletedMeanwhileIsMadeAgain() throws Exception {
        for (int i = 0; i < 2; i++) {
            assertThat(send("POST", "/users", "{'name':'A','email':'a@x.org'}").statusCode())
                    .isEqualTo(201);
            try (Stream<Path> files = Files.walk(directory.resolve("data"))) {
                files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
            assertThat(send("GET", "/users", "").body()).isEqualTo("{\"users\":[],\"next\":null}");
        }
        assertThat(directory.resolve("data/app.db")).exists();
    }

    @Override
    String plan(TestServices services) throws SQLException {
        return explain(services, "EXPLAIN QUERY PLAN");
    }

    @Override
    String byKey() {
        return "SEARCH users USING INTEGER PRIMARY KEY (rowid>?)";
    }
}
