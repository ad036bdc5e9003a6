package io.backpool.reliability;

import io.backpool.testkit.Command;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a JVM holds.
 *
 * @param heap in kB, after a collection
 */
record Holdings(int threads, int files, long heap) {
    /** A selector for a thread that waited for a body, a connection of httpd's. */
    private static final int FEW = 30;

    private static final long LITTLE = 16 << 10;
    private static final Pattern USED = Pattern.compile(" used (\\d+)K");

    static Holdings of(long pid) throws IOException {
        int threads =
                Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                        .filter(line -> line.startsWith("Threads:"))
                        .mapToInt(line -> Integer.parseInt(line.substring(8).trim()))
                        .sum();
        String[] files = new File("/proc/" + pid + "/fd").list();
        return new Holdings(threads, files == null ? 0 : files.length, heap(pid));
    }

    private static long heap(long pid) {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        String own = Long.toString(pid);
        Command.run(Path.of("."), List.of(jcmd, own, "GC.run"));
        String info = Command.run(Path.of("."), List.of(jcmd, own, "GC.heap_info")).output();
        long used = 0;
        for (String line : info.split("\n")) {
            Matcher found = USED.matcher(line);
            if (!line.contains("space") && !line.contains("Metaspace") && found.find()) {
                used += Long.parseLong(found.group(1));
            }
        }
        return used;
    }

    boolean hasGrownSince(Holdings before) {
        return threads > before.threads + FEW
                || files > before.files + FEW
                || heap > before.heap + LITTLE;
    }
}
