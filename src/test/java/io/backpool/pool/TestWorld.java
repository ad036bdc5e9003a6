package io.backpool.pool;

import io.backpool.config.ConfigReader;
import io.backpool.config.Key;
import io.backpool.config.Keys;
import io.backpool.config.PoolConfig;
import io.backpool.observe.ControlException;
import io.backpool.observe.Metrics;
import io.backpool.observe.PoolControl.RestartRequest;
import io.backpool.observe.PoolView.ChangeProgress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A pool of {@link FakeMembers} behind a {@link FakeRotation}, whose time a test moves. */
final class TestWorld implements AutoCloseable {
    private static final Duration TICK = Duration.ofMillis(50);

    final FakeRotation httpd = new FakeRotation();
    final FakeMembers members;
    final Lives lives;
    final Restarts restarts;
    final Scaling scaling;
    final Releases releases;
    final Boot boot = new Boot();
    private final Metrics metrics = new Metrics();
    final Changes changes = new Changes();
    private long now;

    TestWorld(Path directory, int count, String... settings) {
        this.members = new FakeMembers(pool(settings));
        this.releases = new Releases(members.current());
        var wishes = new OperatorWishes(directory.resolve("drained"));
        this.lives =
                new Lives(
                        members.settings,
                        members,
                        httpd,
                        metrics,
                        wishes,
                        releases::stable,
                        boot,
                        () -> now,
                        () -> {});
        this.scaling = scaling(count);
        this.restarts =
                new Restarts(
                        members.settings,
                        members,
                        lives,
                        scaling,
                        releases,
                        new Reloading() {
                            @Override
                            public void begins() {}

                            @Override
                            public void ends() {}
                        },
                        changes::add,
                        Runnable::run,
                        () -> {});
        for (int i = 0; i < count; i++) {
            lives.add();
        }
    }

    private static PoolConfig pool(String... settings) {
        Map<Key<?>, String> flags = new HashMap<>();
        for (String setting : settings) {
            String[] parts = setting.split("=", 2);
            Keys.ALL.stream()
                    .filter(key -> key.name().equals(parts[0]))
                    .forEach(key -> flags.put(key, parts[1]));
        }
        return ConfigReader.read(null, Map.of(), flags).pool();
    }

    /** Lets time pass; every new run becomes ready, every one that is asked to leaves. */
    void pass(Duration time) {
        run(time, true);
    }

    /** Lets time pass; runs do nothing by themselves. */
    void passWithoutRuns(Duration time) {
        run(time, false);
    }

    private void run(Duration time, boolean obey) {
        for (long end = now + time.toNanos(); now < end; now += TICK.toNanos()) {
            if (obey) {
                members.runs.forEach(TestWorld::obey);
            }
            lives.tick();
            boot.look(lives.all());
            restarts.look();
            changes.advance();
        }
    }

    private static void obey(FakeMembers.Run run) {
        if (run.ending() != null) {
            return;
        }
        boolean leaves = run.commands.stream().anyMatch(command -> command.startsWith("leave"));
        boolean killed = run.commands.contains("TERM") || run.commands.contains("KILL");
        if (leaves || killed) {
            run.end("exit");
        } else if (!run.failsToStart) {
            run.ready = true;
        } else {
            run.end("start");
        }
    }

    /** A pool whose members serve. */
    static TestWorld serving(Path directory, int count, String... settings) {
        var world = new TestWorld(directory, count, settings);
        world.pass(Duration.ofSeconds(5));
        world.httpd.changes.clear();
        return world;
    }

    MemberLife life(int index) {
        return lives.all().get(index - 1);
    }

    Change scale(int count) {
        var resize = new Resize(new Progress("scale " + count), lives, count, Duration.ZERO);
        changes.add(resize);
        return resize;
    }

    void restart(@Nullable String route, @Nullable String to, boolean back)
            throws ControlException {
        Path jar = to == null ? null : Path.of(to);
        restarts.begin(new RestartRequest(route, 1, jar, null, back, false, false, Set.of()));
    }

    void canary(@Nullable String route, String to, int weight) throws ControlException {
        restarts.begin(
                new RestartRequest(route, 1, Path.of(to), weight, false, false, false, Set.of()));
    }

    void surge(@Nullable String route) throws ControlException {
        restarts.begin(new RestartRequest(route, 1, null, null, false, false, true, Set.of()));
    }

    private Scaling scaling(int count) {
        return new Scaling(pool("pool.members=" + count), lives, members -> {}, changes::add);
    }

    ChangeProgress restart() {
        return Objects.requireNonNull(restarts.progress());
    }

    /** Lets time pass until the last restart has ended, 10 minutes at most. */
    ChangeProgress passUntilRestarted() {
        for (int i = 0; i < 12_000 && restart().running(); i++) {
            pass(TICK);
        }
        return restart();
    }

    @Override
    public void close() {
        metrics.close();
    }
}
