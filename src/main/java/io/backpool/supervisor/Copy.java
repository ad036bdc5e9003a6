package io.backpool.supervisor;

import io.backpool.config.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.jspecify.annotations.Nullable;

/**
 * Copies of the files of one class path, in a folder named by their content. Each is checked by its
 * hash before it is used, and made again if it was damaged. Safe for all threads, and for several
 * processes at once.
 */
final class Copy {
    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);
    private static final int NAME_LENGTH = 20;

    private final List<Path> originals;

    /** Of each original when it was copied. */
    private final List<String> hashes;

    private final Path folder;
    private final String name;

    /** What each file looked like when its hash was right: no write leaves that as it is. */
    private final Map<Path, Map<String, Object>> intact = new ConcurrentHashMap<>();

    private Copy(Path folder, String name, List<Path> originals, List<String> hashes) {
        this.folder = folder;
        this.name = name;
        this.originals = List.copyOf(originals);
        this.hashes = List.copyOf(hashes);
    }

    /** The one that {@code file}, which this process runs from, is, and {@code original} was. */
    static Copy of(Path file, Path original) throws IOException {
        Map<String, Object> now = attributes(file);
        var copy =
                new Copy(
                        Objects.requireNonNull(file.getParent()),
                        file.getFileName().toString(),
                        List.of(original),
                        List.of(hash(file)));
        copy.intact.put(file, now);
        return copy;
    }

    /** Whether both are copies of the same files with the same content, or neither is one. */
    static boolean areSame(@Nullable Copy one, @Nullable Copy other) {
        if (one == null || other == null) {
            return one == null && other == null;
        }
        return one.originals.equals(other.originals) && one.hashes.equals(other.hashes);
    }

    /**
     * Copies what the originals hold now.
     *
     * @param name of the first file in the folder
     */
    static Copy make(Path cache, String name, List<Path> originals) throws IOException {
        List<String> hashes = new ArrayList<>();
        for (Path original : originals) {
            hashes.add(hash(original));
        }
        Path folder = cache.resolve(hash(hashes).substring(0, NAME_LENGTH));
        var copy = new Copy(folder, name, originals, hashes);
        copy.files();
        return copy;
    }

    /** The files, each as it was copied. */
    List<Path> files() throws IOException {
        Files.createDirectories(folder);
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < originals.size(); i++) {
            Path file = folder.resolve(i == 0 ? name : "%s.%03d".formatted(name, i));
            if (!isIntact(file, hashes.get(i))) {
                copy(originals.get(i), file, hashes.get(i));
            }
            files.add(file);
        }
        return files;
    }

    /** The files in a folder of copies, in order. */
    static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(file -> file.getFileName().toString().startsWith(Launch.APPLICATION))
                    .sorted()
                    .toList();
        }
    }

    Path folder() {
        return folder;
    }

    /** SHA-256 of the content: for one file what {@code sha256sum} says of it. */
    String hash() {
        return hash(hashes);
    }

    /** Of several contents, by theirs; the one of a single one stays as it is. */
    static String hash(List<String> hashes) {
        if (hashes.size() == 1) {
            return hashes.get(0);
        }
        byte[] all = String.join("\n", hashes).getBytes(StandardCharsets.US_ASCII);
        return Sha256.hex(all);
    }

    List<Path> originals() {
        return originals;
    }

    private boolean isIntact(Path file, String hash) throws IOException {
        try {
            Map<String, Object> now = attributes(file);
            if (now.equals(intact.get(file))) {
                return true;
            }
            if (!hash.equals(hash(file))) {
                return false;
            }
            intact.put(file, now);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static Map<String, Object> attributes(Path file) throws IOException {
        return Files.readAttributes(file, "unix:ino,ctime,size");
    }

    private static void copy(Path original, Path file, String hash) throws IOException {
        Path folder = Objects.requireNonNull(file.getParent());
        Path whole = Files.createTempFile(folder, ".copy", "");
        try {
            MessageDigest digest = Sha256.start();
            try (var out = new DigestOutputStream(Files.newOutputStream(whole), digest)) {
                write(original, out);
            }
            if (!hash.equals(HexFormat.of().formatHex(digest.digest()))) {
                throw new IOException(
                        original + " is not what it was when it was copied to " + file);
            }
            try (var channel = FileChannel.open(whole, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
            try (var channel = FileChannel.open(folder)) {
                channel.force(true);
            }
        } finally {
            Files.deleteIfExists(whole);
        }
    }

    private static String hash(Path file) throws IOException {
        MessageDigest digest = Sha256.start();
        try (var out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
            write(file, out);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** A folder of classes becomes a jar, the same one for the same content. */
    private static void write(Path original, OutputStream out) throws IOException {
        if (!Files.isDirectory(original)) {
            Files.copy(original, out);
            return;
        }
        var jar = new JarOutputStream(out);
        try (Stream<Path> tree = Files.walk(original)) {
            for (Path file : tree.filter(Files::isRegularFile).sorted().toList()) {
                var entry = new ZipEntry(original.relativize(file).toString());
                entry.setTimeLocal(NO_TIME);
                jar.putNextEntry(entry);
                Files.copy(file, jar);
            }
        }
        jar.finish();
    }
}
