package io.backpool.pool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which members an operator has drained, and whether the pool is paused, kept in a file over
 * restarts of the pool: a line a route, and {@code *}. Used by the pool's thread.
 */
final class OperatorWishes {
    private static final Logger LOG = LoggerFactory.getLogger(OperatorWishes.class);

    /** No route. */
    private static final String ALL = "*";

    private final Path file;
    private final Set<String> drained = new TreeSet<>();

    OperatorWishes(Path file) {
        this.file = file;
        try {
            drained.addAll(Files.readAllLines(file, StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            // Nothing is drained.
        } catch (IOException e) {
            LOG.warn("{} can't be read, no member starts drained: {}", file, e.toString());
        }
    }

    boolean isDrained(String route) {
        return drained.contains(route);
    }

    void drain(String route) {
        if (drained.add(route)) {
            save();
        }
    }

    void resume(String route) {
        if (drained.remove(route)) {
            save();
        }
    }

    boolean isPaused() {
        return drained.contains(ALL);
    }

    void pause(boolean paused) {
        if (paused) {
            drain(ALL);
        } else {
            resume(ALL);
        }
    }

    private void save() {
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Path whole = file.resolveSibling(file.getFileName() + ".new");
            Files.write(whole, drained, StandardCharsets.UTF_8);
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.warn("{} can't be written, a drain ends with this pool: {}", file, e.toString());
        }
    }
}
