package io.backpool.reliability;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Operations on what surrounds the pool: its files, its disk, the reader of its output. */
final class HostActions {
    private static final long RESUMES_SECONDS = 10;

    private HostActions() {}

    static void settings(World world, String how) throws IOException {
        world.writeSettings(how);
    }

    static void jar(World world, String how) throws IOException {
        world.versions.install(
                how.startsWith("new") ? "v" + (world.model.versions + 1) : "bad",
                how.endsWith("in-place"));
    }

    /** The disk that the pool's standard output is on. */
    static void full(World world, String none) {
        world.disk().fill();
    }

    static void free(World world, String none) throws Exception {
        world.disk().free();
        awaitGrowth("standard output, after the disk was full", world.pool.output()::length);
    }

    /** Standard error is not read any more, and more than a pipe holds is written there. */
    static void unread(World world, String none) {
        world.pool.readStandardError(false);
        chatter(world);
    }

    static void read(World world, String none) throws Exception {
        world.pool.readStandardError(true);
        if (chatter(world)) {
            awaitGrowth("standard error, read again", world.pool.errors()::length);
        }
    }

    /** What members write goes through the pool only where they are processes. */
    private static boolean chatter(World world) {
        boolean passedOn = world.model.setup.processes();
        if (passedOn) {
            world.model.routes().forEach(route -> chatter(world.httpPort(route)));
        }
        return passedOn;
    }

    private static void chatter(int port) {
        var client =
                new Thread(
                        () -> {
                            try {
                                new Request("/chatter", "chatter", null, 0).send(port);
                            } catch (IOException e) {
                                // Its member may be killed meanwhile.
                            }
                        },
                        "chatter");
        client.setDaemon(true);
        client.start();
    }

    private interface Length {
        long now();
    }

    private static void awaitGrowth(String what, Length length) throws Exception {
        long before = length.now();
        await(() -> length.now() > before, what);
    }

    private static void await(BooleanSupplier condition, String what) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(RESUMES_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new Violation("no output", what);
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }
}
