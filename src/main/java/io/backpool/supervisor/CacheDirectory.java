package io.backpool.supervisor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory of this user's for what can be made again: copies of {@code backend.jar} and of
 * applications under their content's hash, and archives of their classes. Processes run from a
 * copy, since a JVM whose jar is overwritten fails at the next class that it loads. What is not
 * marked as used for a month is deleted. Safe for several processes at once.
 */
final class CacheDirectory {
    private static final Duration UNUSED = Duration.ofDays(30);

    private final Path directory;

    private CacheDirectory(Path directory) {
        this.directory = directory;
    }

    /**
     * Finds or makes it: in systemd's {@code CACHE_DIRECTORY}, {@code XDG_CACHE_HOME}, {@code
     * ~/.cache}, else in {@code data/cache}.
     *
     * @throws IOException if none of them can be had for ourselves alone
     */
    static CacheDirectory open(Map<String, String> environment) throws IOException {
        List<String> reasons = new ArrayList<>();
        for (Path candidate : candidates(environment)) {
            try {
                return new CacheDirectory(own(candidate.toAbsolutePath()));
            } catch (IOException | UnsupportedOperationException e) {
                reasons.add(String.valueOf(e));
            }
        }
        throw new IOException(
                "no folder to keep copies in, set XDG_CACHE_HOME to one that this user can write: "
                        + String.join(", ", reasons));
    }

    private static List<Path> candidates(Map<String, String> environment) {
        return Stream.of(
                        absolute(environment.get("CACHE_DIRECTORY"), ""),
                        absolute(environment.get("XDG_CACHE_HOME"), "backpool"),
                        absolute(environment.get("HOME"), ".cache/backpool"),
                        Path.of("data", "cache"))
                .filter(Objects::nonNull)
                .toList();
    }

    private static @Nullable Path absolute(@Nullable String folder, String inside) {
        return folder == null || !folder.startsWith("/") ? null : Path.of(folder, inside);
    }

    /** Code will be run from there: only its owner may be able to write. */
    private static Path own(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Path parent = Objects.requireNonNull(directory.getParent());
            Files.createDirectories(parent);
            Files.createDirectory(
                    directory,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        }
        Path probe = Files.createTempFile(directory, ".probe", "");
        try {
            Set<PosixFilePermission> allowed = Files.getPosixFilePermissions(directory);
            if (!Files.getOwner(probe).equals(Files.getOwner(directory))
                    || allowed.contains(PosixFilePermission.GROUP_WRITE)
                    || allowed.contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new IOException(directory + " can be written by others");
            }
        } finally {
            Files.delete(probe);
        }
        return directory;
    }

    /**
     * A copy of what these files hold now.
     *
     * @param name of the first file of the copy
     */
    Copy keep(String name, List<Path> originals) throws IOException {
        Copy copy = Copy.make(directory, name, originals);
        markUsed(copy.folder());
        prune();
        return copy;
    }

    /** Notes that a copy is in use; often enough, it stays. */
    static void markUsed(Path folder) throws IOException {
        Files.setLastModifiedTime(folder, FileTime.from(Instant.now()));
    }

    private void prune() throws IOException {
        Instant since = Instant.now().minus(UNUSED);
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : entries.toList()) {
                if (Files.getLastModifiedTime(entry).toInstant().isBefore(since)) {
                    delete(entry);
                }
            }
        }
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> entries = Files.walk(tree)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(entry);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
