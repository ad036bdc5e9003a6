package io.backpool.config;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a line for each request goes.
 *
 * @param file {@code -} for standard output
 */
public record AccessLogConfig(Format format, Path file) {
    static final KeyList KEYS = new KeyList();

    static final Key<Format> FORMAT =
            KEYS.add(
                    "access-log.format",
                    ValueType.choice(Format.class),
                    "combined",
                    "A line a request: as httpd writes it, or JSON in ECS names.");
    static final Key<Path> FILE =
            KEYS.add(
                    "access-log.file",
                    ValueType.PATH,
                    "-",
                    "Appended to, opened again at USR1; -: standard output.");

    /** What a line looks like. */
    public enum Format {
        /** As httpd writes it; route, request id and microseconds follow. */
        COMBINED,
        /** One object a line, in the names of the Elastic Common Schema. */
        JSON,
        OFF
    }

    /** That of a process of its own: {@code access.log} becomes {@code access-m1.log}. */
    public AccessLogConfig ofMember(String route) {
        if (isStandardOutput()) {
            return this;
        }
        String name = file.getFileName().toString();
        int end = name.lastIndexOf('.') > 0 ? name.lastIndexOf('.') : name.length();
        String own = name.substring(0, end) + "-" + route + name.substring(end);
        return new AccessLogConfig(format, file.resolveSibling(own));
    }

    public boolean isStandardOutput() {
        return file.toString().equals("-");
    }

    static AccessLogConfig read(Settings from) {
        return new AccessLogConfig(from.value(FORMAT), from.value(FILE));
    }

    /** Notes a file that can't be written. */
    void checkFile(Settings from) {
        if (format == Format.OFF || isStandardOutput()) {
            return;
        }
        Path path = file.toAbsolutePath();
        if (Files.isDirectory(path)) {
            from.mistake(FILE, file + " is a directory, name a file in it");
        } else if (Files.exists(path) ? !Files.isWritable(path) : !isWritableFolderOf(path)) {
            from.mistake(
                    FILE,
                    file
                            + " cannot be written: does its directory exist, and may this user"
                            + " write there?");
        }
    }

    private static boolean isWritableFolderOf(Path file) {
        Path folder = file.getParent();
        return folder != null && Files.isDirectory(folder) && Files.isWritable(folder);
    }
}
