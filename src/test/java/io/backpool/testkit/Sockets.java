package io.backpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** The flags of a pool whose httpd reaches it through unix sockets. */
public final class Sockets {
    private static final List<String> NOBODY = List.of("nogroup", "nobody");

    private Sockets() {}

    /**
     * Sockets in {@code directory}, which httpd may search from now on. One that root starts serves
     * as the group 65534, another one as the test's own user.
     */
    public static List<String> flags(Path directory) {
        try {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String sockets = "--sockets=" + directory.resolve("run");
        return System.getProperty("user.name").equals("root")
                ? List.of(sockets, "--socket-group=" + nobody())
                : List.of(sockets);
    }

    /** Debian's name of the group 65534, or Red Hat's. */
    private static String nobody() {
        var names = FileSystems.getDefault().getUserPrincipalLookupService();
        for (String name : NOBODY) {
            try {
                names.lookupPrincipalByGroupName(name);
                return name;
            } catch (IOException e) {
                // It may have the other name.
            }
        }
        throw new AssertionError("there is none of the groups " + NOBODY);
    }
}
