package io.backpool.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;

/**
 * SQLite's file. That it is deleted or replaced while it is open, SQLite does not notice: it goes
 * on reading and writing what no other process finds. Safe for all threads.
 */
public final class OpenedFile {
    /** Longer than others need to make the file, also where many start on a busy host. */
    private static final long BUSY_NANOS = 10_000_000_000L;

    private static final long AGAIN_MILLIS = 10;

    private final Path path;
    private final Reachability reachability;

    /** What a connection is opened with. */
    public interface Opening<T> {
        T open() throws SQLException, IOException;
    }

    /** Which file was opened last; null before, and once its loss was logged. */
    private volatile @Nullable Object opened;

    private volatile boolean used;

    /** Of an engine that loses what is in the file with it. */
    public OpenedFile(Path path, Reachability reachability) {
        this.path = path;
        this.reachability = reachability;
    }

    /** Whether somebody wanted to open it. */
    public boolean isUsed() {
        return used;
    }

    public boolean exists() {
        return Files.exists(path);
    }

    /** Which file has this name now: another one has another key; null: none has it. */
    public @Nullable Object key() {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            return null;
        }
    }

    /** Whether the file of this name is still the one that was opened. */
    public boolean isOpened() {
        Object before = opened;
        return before != null && before.equals(key());
    }

    /**
     * Makes the folder, before the file is opened or made again.
     *
     * @return whether the file was open, and is lost; logged once
     */
    public synchronized boolean prepare() throws IOException {
        used = true;
        boolean lost = opened != null && !isOpened();
        if (lost) {
            opened = null;
            reachability.lost(
                    path
                            + " was deleted or replaced while it was open; it is made again,"
                            + " without what was in it");
        }
        Path folder = path.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        return lost;
    }

    /**
     * Opens a connection, again while others make the same file: SQLite's busy timeout does not
     * hold for the change to WAL mode, which fails at once if another connection has the file open
     * meanwhile.
     *
     * @throws SQLException what the last try threw; SQLite itself can't be loaded
     */
    public <T> T open(Opening<T> opening) throws SQLException, IOException {
        SqliteLibrary.load();
        long end = System.nanoTime() + BUSY_NANOS;
        while (true) {
            try {
                return opening.open();
            } catch (SQLException e) {
                if (!isBusy(e) || System.nanoTime() - end > 0 || !waitABit()) {
                    throw e;
                }
            }
        }
    }

    private static boolean isBusy(SQLException e) {
        return (e.getErrorCode() & 0xff) == SQLiteErrorCode.SQLITE_BUSY.code;
    }

    /** Whether the thread may go on. */
    private static boolean waitABit() {
        try {
            Thread.sleep(AGAIN_MILLIS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** The file that has this name now is open. */
    public synchronized void opened() {
        opened = key();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
