package io.backpool.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenedFileTest {
    private static final int PROCESSES = 8;
    private static final int FILES = 100;

    @TempDir Path folder;

    @Test
    void manyMayMakeTheSameFileAtTheSameTime() throws Exception {
        var threads = Executors.newFixedThreadPool(PROCESSES);
        var together = new CyclicBarrier(PROCESSES);
        try {
            List<Future<Void>> all = new ArrayList<>();
            for (int i = 0; i < PROCESSES; i++) {
                all.add(
                        threads.submit(
                                () -> {
                                    for (int k = 0; k < FILES; k++) {
                                        together.await(30, TimeUnit.SECONDS);
                                        make(folder.resolve(k + ".db"));
                                    }
                                    return null;
                                }));
            }
            for (Future<Void> one : all) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static void make(Path path) throws Exception {
        var file = new OpenedFile(path, new Reachability("test - " + path, "trying again"));
        assertThat(file.<String>open(() -> switchToWal(path))).isEqualTo("wal");
    }

    private static String switchToWal(Path path) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path);
                var statement = connection.createStatement()) {
            return statement.executeQuery("PRAGMA journal_mode = WAL").getString(1);
        }
    }

    @Test
    void whatIsNotBusyFailsAtOnce() {
        var file = new OpenedFile(folder, new Reachability("test", "trying again"));
        var calls = new AtomicInteger();

        assertThatThrownBy(
                        () ->
                                file.open(
                                        () -> {
                                            calls.incrementAndGet();
                                            throw new SQLException("no database", "", 26);
                                        }))
                .isInstanceOf(SQLException.class);
        assertThat(calls).hasValue(1);
    }
}
