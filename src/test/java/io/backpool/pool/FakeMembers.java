package io.backpool.pool;

import io.backpool.config.PoolConfig;
import io.backpool.observe.Load;
import io.backpool.observe.Traffic;
import io.backpool.observe.Usage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Members that do what a test says. */
final class FakeMembers implements MemberKind {
    final List<Run> runs = new ArrayList<>();
    final Set<String> broken = new HashSet<>();
    boolean canHold = true;
    final PoolConfig settings;

    /** The process that takes them over; null: none can. */
    @Nullable OtherSupervisor next;

    private final Release first;

    FakeMembers(PoolConfig settings) {
        this.settings = settings;
        this.first = release("old");
    }

    Release release(String version) {
        return new Version(version, settings);
    }

    @Override
    public Release current() {
        return first;
    }

    @Override
    public Release next(Release now, @Nullable Path jar, int members) {
        return release(jar == null ? "new" : jar.toString());
    }

    @Override
    public boolean canHold() {
        return canHold;
    }

    @Override
    public boolean canHandOver() {
        return next != null;
    }

    @Override
    public OtherSupervisor startNext(Release now, @Nullable Path jar, int members)
            throws ReleaseException {
        if (broken.contains(String.valueOf(jar))) {
            throw new ReleaseException(jar + " is broken", List.of());
        }
        return Objects.requireNonNull(next);
    }

    @Override
    public Run start(int index, int members, Release release, Runnable changed) {
        var run = new Run(index, release);
        run.failsToStart = broken.contains(release.version());
        runs.add(run);
        return run;
    }

    /** The newest run of a member. */
    Run last(int index) {
        return runs.stream().filter(run -> run.index == index).reduce((a, b) -> b).orElseThrow();
    }

    @Override
    public void close() {}

    record Version(String version, PoolConfig settings) implements Release {}

    /** One run. */
    static final class Run implements Member {
        final int index;
        final Release release;
        final List<String> commands = new ArrayList<>();
        boolean ready;
        @Nullable String notReady;
        boolean failsToStart;
        boolean beats = true;
        boolean leaving;
        long requests;
        long errors;
        private long heartbeats;
        private @Nullable Ending ending;

        Run(int index, Release release) {
            this.index = index;
            this.release = release;
        }

        /** It ends by itself. */
        void end(String reason) {
            ready = false;
            ending = new Ending(reason, "ended: " + reason, 70, 0);
        }

        @Override
        public Report report() {
            heartbeats += beats ? 1 : 0;
            var traffic = new Traffic(requests, errors, 0, 0, 0, Load.NONE, List.of());
            return new Report(ready, 100 + index, heartbeats, 0, -1, traffic, Map.of(), Usage.NONE);
        }

        @Override
        public boolean isReady() {
            return ready;
        }

        @Override
        public @Nullable String notReady() {
            return notReady;
        }

        @Override
        public @Nullable Ending ending() {
            return ending;
        }

        @Override
        public boolean isLeaving() {
            return leaving;
        }

        @Override
        public void serve() {
            commands.add("serve");
        }

        @Override
        public void drain() {
            commands.add("drain");
        }

        @Override
        public void hold(Duration longest) {
            commands.add("hold " + longest.toSeconds());
        }

        @Override
        public void leave(boolean httpdNotified) {
            commands.add(httpdNotified ? "leave" : "leave, httpd not notified");
        }

        @Override
        public boolean dumpThreads() {
            commands.add("dump");
            return true;
        }

        @Override
        public void terminate() {
            commands.add("TERM");
        }

        @Override
        public void kill() {
            commands.add("KILL");
        }
    }
}
