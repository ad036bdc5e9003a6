package io.backpool.cli;

/** What the process ends with: BSD's sysexits(3), and what a shell says of SIGTERM. */
final class ExitCode {
    static final int OK = 0;

    /** What doctor was asked for is not healthy. */
    static final int FINDINGS = 1;

    /** The pool refused a change, or began it and stopped before its end. */
    static final int FAILED = 1;

    static final int USAGE = 2;

    /** The doctor could not look at what it was asked to. */
    static final int NOT_LOOKED = 2;

    static final int UNAVAILABLE = 69;
    static final int INTERNAL = 70;
    static final int CONFIG = 78;

    private ExitCode() {}
}
