package io.backpool.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A small disk, mounted for a test, which fills it. Only root may mount one. */
public final class SmallDisk implements AutoCloseable {
    private final Path path;

    private SmallDisk(Path path) {
        this.path = path;
        run("mount", "-t", "tmpfs", "-o", "size=64m", "none", path.toString());
    }

    /** At a directory that is there. */
    public static SmallDisk mount(Path path) {
        return new SmallDisk(path);
    }

    /** At a new directory, where any user may write. */
    public static SmallDisk mount() {
        try {
            return new SmallDisk(Files.createTempDirectory("disk"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path path() {
        return path;
    }

    public void fill() {
        try (OutputStream filler = Files.newOutputStream(path.resolve("filler"))) {
            byte[] block = new byte[4096];
            while (true) {
                filler.write(block);
            }
        } catch (IOException e) {
            // Full.
        }
    }

    public void free() {
        try {
            Files.delete(path.resolve("filler"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Also while processes have files open there. */
    @Override
    public void close() {
        run("umount", "-l", path.toString());
        path.toFile().delete();
    }

    private static void run(String... command) {
        Command done = Command.run(Path.of("/"), List.of(command));
        if (done.exit() != 0) {
            throw new AssertionError(
                    String.join(" ", command) + ", which takes root: " + done.output());
        }
    }
}
