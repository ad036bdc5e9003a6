package io.backpool.supervisor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory of this user's for what can be made again: copies of {@code backend.jar} under their
 * content's hash, and archives of their classes. Processes run from a copy, since a JVM whose jar
 * is overwritten fails at the next class that it loads. What nobody used for a month is deleted.
 * Safe for several processes at once.
 */
final class Cache {
    private static final Duration UNUSED = Duration.ofDays(30);
    private static final int NAME_BYTES = 10;

    private final Path directory;

    private Cache(Path directory) {
        this.directory = directory;
    }

    /**
     * Finds or makes it: in systemd's {@code CACHE_DIRECTORY}, {@code XDG_CACHE_HOME}, {@code
     * ~/.cache}, else in {@code data/cache}.
     *
     * @throws IOException if none of them can be had for ourselves alone
     */
    static Cache open(Map<String, String> environment) throws IOException {
        var failure = new IOException("no directory to keep copies in: set XDG_CACHE_HOME");
        for (Path candidate : candidates(environment)) {
            try {
                return new Cache(own(candidate.toAbsolutePath()));
            } catch (IOException | UnsupportedOperationException e) {
                failure.addSuppressed(e);
            }
        }
        throw failure;
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

    /** Code will be run from there: nobody else may be able to write. */
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

    /** The copy of what {@code jar} holds now. */
    Path keep(Path jar) throws IOException {
        Path whole = Files.createTempFile(directory, ".copy", ".jar");
        try {
            Path folder = directory.resolve(copy(jar, whole));
            Files.createDirectories(folder);
            Path kept = folder.resolve("backend.jar");
            if (!Files.exists(kept)) {
                Files.move(whole, kept, StandardCopyOption.ATOMIC_MOVE);
            }
            use(kept);
            prune();
            return kept;
        } finally {
            Files.deleteIfExists(whole);
        }
    }

    /** Notes that a copy is in use; often enough, it stays. */
    static void use(Path kept) throws IOException {
        Files.setLastModifiedTime(
                Objects.requireNonNull(kept.getParent()), FileTime.from(Instant.now()));
    }

    private static String copy(Path jar, Path to) throws IOException {
        try (InputStream in = Files.newInputStream(jar)) {
            var digest = MessageDigest.getInstance("SHA-256");
            Files.copy(new DigestInputStream(in, digest), to, StandardCopyOption.REPLACE_EXISTING);
            return HexFormat.of().formatHex(digest.digest(), 0, NAME_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
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
