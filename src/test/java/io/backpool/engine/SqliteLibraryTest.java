package io.backpool.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** What people are told when SQLite itself can't be loaded. */
class SqliteLibraryTest {
    @Test
    void theLogNamesTheFolderNotWhereTheDriverLookedElsewhere() {
        SQLException failure = SqliteLibrary.notLoaded(new Exception("No native library found"));
        assertThat(Reachability.reason(failure))
                .contains(System.getProperty("java.io.tmpdir"), "noexec", "-Djava.io.tmpdir=")
                .doesNotContain("No native library found");
    }
}
