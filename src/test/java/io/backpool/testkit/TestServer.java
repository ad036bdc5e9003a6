package io.backpool.testkit;

/** A real server of a test's own on a free loopback port, which the test may kill and restart. */
public interface TestServer extends AutoCloseable {
    /** What a {@link TestServer} shares with the others. */
    Running running();

    int port();

    /** Where {@code backend.yaml} finds it. */
    String url();

    default ServerProcess process() {
        return running().process();
    }

    /** As by kill -9: what it had not on disk is gone. */
    default void kill() {
        running().kill();
    }

    /** Sends a signal to all its processes: STOP holds it back, its port still accepts. */
    default void signal(String name) {
        running().signal(name);
    }

    default void restart() {
        running().restart();
    }

    @Override
    default void close() {
        if (process().isAlive()) {
            kill();
        }
    }
}
