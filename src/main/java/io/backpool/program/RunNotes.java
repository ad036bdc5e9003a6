package io.backpool.program;

import io.backpool.process.ProcessTable;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A note a run in {@code data/runs}: process, when it started, its mark. So the next start ends
 * what a pool that was killed left behind. Safe for all threads.
 */
final class RunNotes {
    private static final Logger LOG = LoggerFactory.getLogger(RunNotes.class);

    private static final Path FOLDER = Path.of("data", "runs");

    private static final int ATTEMPTS = 250;

    private RunNotes() {}

    /** Ends every process of runs that are noted. */
    static void endOrphans() throws IOException {
        if (!Files.isDirectory(FOLDER)) {
            return;
        }
        try (DirectoryStream<Path> notes = Files.newDirectoryStream(FOLDER)) {
            for (Path note : notes) {
                String[] words = Files.readString(note).strip().split(" ");
                if (words.length == 3) {
                    long pid = Long.parseLong(words[0]);
                    boolean same = ProcessTable.now().started(pid) == Long.parseLong(words[1]);
                    int ended = end(same ? pid : 0, words[2]).size();
                    if (ended > 0) {
                        LOG.warn(
                                "{} - {} processes of an earlier pool were still there: ended",
                                note.getFileName(),
                                ended);
                    }
                }
                Files.delete(note);
            }
        }
    }

    /** Notes a run. */
    static void add(String route, long pid, String mark) {
        try {
            Files.createDirectories(FOLDER);
            Files.writeString(
                    FOLDER.resolve(route),
                    pid + " " + ProcessTable.now().started(pid) + " " + mark + "\n");
        } catch (IOException e) {
            LOG.warn("{} - its run can't be noted in {}: {}", route, FOLDER, e.getMessage());
        }
    }

    /** The run of a member is over. */
    static void remove(String route) {
        try {
            Files.deleteIfExists(FOLDER.resolve(route));
        } catch (IOException e) {
            LOG.warn("{} - the note of its run can't be removed: {}", route, e.getMessage());
        }
    }

    /**
     * Ends a process with its family, and whatever carries this mark; returns when they are gone.
     *
     * @param pid 0: none
     * @return those that were there
     */
    static Set<Long> end(long pid, String mark) {
        Set<Long> ended = new HashSet<>();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            ProcessTable now = ProcessTable.now();
            Set<Long> left = pid == 0 ? new HashSet<>() : now.family(pid);
            left.addAll(now.withVariable(ProgramRelease.MARK + "=" + mark));
            if (left.isEmpty()) {
                break;
            }
            ended.addAll(left);
            ProcessTable.kill(left);
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return ended;
    }
}
