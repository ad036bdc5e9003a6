package io.backpool.cli;

import io.backpool.supervisor.Launcher;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code data} in the working directory: what a pool keeps there is its own, as is everything
 * temporary. {@code /tmp} may be full, read-only or without the right to run what lies there, such
 * as SQLite's own library.
 */
final class DataFolder {
    private static final Logger LOG = LoggerFactory.getLogger(DataFolder.class);

    private static final String TEMPORARY = "java.io.tmpdir";

    /** Held until this process ends, however it ends. */
    private static @Nullable FileLock held;

    private DataFolder() {}

    /**
     * Takes it for this pool.
     *
     * @param ending whether the process that has it is known to end at this moment
     * @throws CommandFailed if another pool has it
     */
    static void take(boolean ending) {
        Path data = Path.of("data").toAbsolutePath();
        Path file = data.resolve("pool.lock");
        try {
            Files.createDirectories(data.resolve("tmp"));
            var channel =
                    FileChannel.open(
                            file,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
            held = ending ? channel.lock() : channel.tryLock();
            if (held == null) {
                String other = Files.readString(file).strip();
                throw new CommandFailed(
                        ExitCode.UNAVAILABLE,
                        "%s belongs to the pool that runs as process %s: stop that one, or start"
                                        .formatted(data, other.isEmpty() ? "(unknown)" : other)
                                + " this one in a directory of its own");
            }
            channel.truncate(0);
            byte[] pid = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII);
            channel.write(ByteBuffer.wrap(pid));
            useForTemporaryFiles(data.resolve("tmp"));
        } catch (IOException e) {
            LOG.warn(
                    "{} can't be written ({}): temporary files go to {}",
                    data,
                    e.toString(),
                    System.getProperty(TEMPORARY));
        }
    }

    /** Uses it beside the process of this pool that has it. */
    static void share() {
        useForTemporaryFiles(Path.of("data").toAbsolutePath().resolve("tmp"));
    }

    /** If the operator named no other folder. Libraries look at this property when they need it. */
    private static void useForTemporaryFiles(Path folder) {
        if (Launcher.jvmFlags().stream().noneMatch(flag -> flag.startsWith("-D" + TEMPORARY))) {
            System.setProperty(TEMPORARY, folder.toString());
        }
    }
}
