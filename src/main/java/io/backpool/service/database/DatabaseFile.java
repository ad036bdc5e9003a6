package io.backpool.service.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * SQLite's file. Who deletes or replaces it while it is open is not noticed by SQLite: it goes on
 * reading and writing what no other process finds. Safe for all threads.
 */
final class DatabaseFile {
    private final Path path;

    /** Of the file that was opened; null before. */
    private volatile @Nullable Object opened;

    DatabaseFile(Path path) {
        this.path = path;
    }

    boolean wasOpened() {
        return opened != null;
    }

    /** Whether the file at this path is still the one that was opened. */
    boolean isOpened() {
        Object before = opened;
        return before != null && before.equals(identity());
    }

    /** The file that is there now will be, or was, opened. */
    void opened() {
        opened = identity();
    }

    void makeFolder() throws IOException {
        Path folder = path.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
    }

    private @Nullable Object identity() {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
