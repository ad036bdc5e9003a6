package io.backpool.pool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which members an operator has drained, and whether the pool is paused, kept in a file over
 * restarts of the pool: a line a route, and {@code *}, or {@code *30} where requests wait for 30 s.
 * Used by the pool's thread.
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

    /** As in {@link io.backpool.observe.PoolView#pause}. */
    @Nullable Duration pause() {
        return drained.stream()
                .filter(line -> line.matches("\\*[0-9]{0,3}"))
                .findFirst()
                .map(line -> Duration.ofSeconds(Long.parseLong("0" + line.substring(1))))
                .orElse(null);
    }

    void pause(@Nullable Duration hold) {
        drained.removeIf(line -> line.startsWith(ALL));
        if (hold != null) {
            drained.add(hold.isZero() ? ALL : ALL + hold.toSeconds());
        }
        save();
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
