package io.backpool.program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one run says of itself with sd_notify(3), and the socket on which it does. Safe for all
 * threads.
 */
final class NotifySocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NotifySocket.class);

    private static final int LONGEST_STATUS = 200;

    private final Path directory;
    private final Runnable changed;

    /** Null: it is not open. */
    private volatile @Nullable Runnable channelClose;

    private volatile boolean spoken;
    private volatile boolean ready;
    private volatile boolean stopping;
    private volatile String status = "";

    /**
     * Not open yet.
     *
     * @param directory of its own, removed at its end
     * @param changed called when the program says that it is ready, or stops
     */
    NotifySocket(Path directory, Runnable changed) {
        this.directory = directory;
        this.changed = changed;
    }

    Path directory() {
        return directory;
    }

    Path file() {
        return directory.resolve("socket");
    }

    void opened(Runnable close) {
        channelClose = close;
    }

    boolean isOpen() {
        return channelClose != null;
    }

    /** One message: lines of {@code NAME=VALUE}, of which the rest is nothing to us. */
    void heard(String message) {
        spoken = true;
        for (String line : message.split("\n")) {
            if (line.equals("READY=1") && !ready) {
                ready = true;
                changed.run();
            } else if (line.equals("STOPPING=1") && !stopping) {
                stopping = true;
                changed.run();
            } else if (line.startsWith("STATUS=")) {
                String text = line.substring("STATUS=".length()).replaceAll("\\p{Cntrl}", " ");
                status = text.substring(0, Math.min(text.length(), LONGEST_STATUS));
            }
        }
    }

    /** Whether it has said that it stops. */
    boolean isStopping() {
        return stopping;
    }

    /** Why it is not ready, by what it says; null: it is, or says nothing. */
    @Nullable String notReady() {
        if (stopping) {
            return "has sent STOPPING=1";
        }
        if (!spoken || ready) {
            return null;
        }
        return "has not sent READY=1" + (status.isEmpty() ? "" : ", its status is: " + status);
    }

    @Override
    public void close() {
        Runnable close = channelClose;
        if (close != null) {
            close.run();
        }
        try {
            Files.deleteIfExists(file());
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            LOG.debug("{} can't be removed: {}", directory, e.getMessage());
        }
    }
}
