package io.backpool.testkit;

import java.util.List;
import java.util.function.Supplier;

/** The process of a {@link TestServer}, and how to start another in its place. */
public final class Running {
    private final Supplier<ServerProcess> launch;
    private ServerProcess process;

    Running(Supplier<ServerProcess> launch) {
        this.launch = launch;
        this.process = launch.get();
    }

    ServerProcess process() {
        return process;
    }

    void signal(String name) {
        process.handle().descendants().forEach(one -> ServerProcess.signal(name, one.pid()));
        process.signal(name);
    }

    void restart() {
        restart(launch);
    }

    /** Otherwise than at first. */
    void restart(Supplier<ServerProcess> otherwise) {
        process = otherwise.get();
    }

    /** With all that it started: PostgreSQL does not start while one of them has its memory. */
    void kill() {
        List<ProcessHandle> all = process.handle().descendants().toList();
        process.signal("KILL");
        process.awaitExit();
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(one -> one.onExit().join());
    }
}
