package io.backpool.cli;

/** What the process ends with: BSD's sysexits(3), and what a shell says of SIGTERM. */
final class ExitCode {
    static final int OK = 0;
    static final int USAGE = 2;
    static final int UNAVAILABLE = 69;
    static final int INTERNAL = 70;
    static final int CONFIG = 78;

    private ExitCode() {}
}
