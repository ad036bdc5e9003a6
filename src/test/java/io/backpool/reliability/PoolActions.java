package io.backpool.reliability;

import io.backpool.testkit.Command;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Operations on the pool: what its operator asks for, and signals. */
final class PoolActions {
    private static final int ACCEPTED = 202;
    private static final int CONFLICT = 409;
    private static final int TERMINATED = 143;

    private PoolActions() {}

    static void scale(World world, String size) throws Exception {
        post(world, "/scale?members=" + size, ACCEPTED);
    }

    static void drain(World world, String route) throws Exception {
        post(world, "/members/" + route + "/drain", ACCEPTED);
    }

    static void resume(World world, String route) throws Exception {
        post(world, "/members/" + route + "/resume", ACCEPTED);
    }

    static void drainLast(World world, String route) throws Exception {
        post(world, "/members/" + route + "/drain", CONFLICT);
    }

    private static void post(World world, String path, int status) throws Exception {
        HttpResponse<String> answer = world.pool.post(path);
        if (answer.statusCode() != status) {
            throw new Violation("refused", path + ": " + answer.statusCode() + " " + answer.body());
        }
    }

    /** All, or the one with this route. */
    static void restart(World world, String route) throws Exception {
        expectDone(restartCommand(world, Stream.of(route).filter(r -> !r.isEmpty()).toList()));
    }

    static void restartParallel(World world, String none) throws Exception {
        expectDone(restartCommand(world, List.of("--parallel", "2")));
    }

    private static Command restartCommand(World world, List<String> arguments) {
        return world.pool.run(
                Stream.concat(Stream.of("restart"), arguments.stream()).toArray(String[]::new));
    }

    private static void expectDone(Command restart) throws Violation {
        if (restart.exit() != 0) {
            throw new Violation("restart failed", restart.output());
        }
    }

    static void refused(World world, String none) throws Exception {
        Command restart = restartCommand(world, List.of());
        if (restart.exit() == 0) {
            throw new Violation("restart went on", restart.output());
        }
    }

    /** This httpd, which the pool can't reach, is left out. */
    static void restartWithout(World world, String front) throws Exception {
        String name = "127.0.0.1:%d/app".formatted(world.front(front).relayPort());
        expectDone(restartCommand(world, List.of("--without", name)));
    }

    static void hangUp(World world, String none) throws Exception {
        List<Long> before = pids(world);
        ServerProcess.signal("HUP", world.pool.pid());
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (true) {
            JsonNode restart = world.pool.status().path("restart");
            boolean running = restart.path("running").asBoolean(false);
            if (!running && pids(world).stream().noneMatch(before::contains)) {
                return;
            }
            if (System.nanoTime() - deadline > 0) {
                throw new Violation("restart failed", "after HUP: " + restart);
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    private static List<Long> pids(World world) throws Exception {
        return world.pool
                .status()
                .get("members")
                .valueStream()
                .map(member -> member.get("pid").asLong())
                .toList();
    }

    static void canary(World world, String route) throws Exception {
        Path next = world.versions.make("v" + (world.model.versions + 1));
        expectDone(restartCommand(world, List.of(route, "--to", next.toString())));
    }

    /** From the canary to what the others run; without one, to what ran before the last restart. */
    static void back(World world, String none) throws Exception {
        expectDone(restartCommand(world, List.of("--back")));
    }

    static void canaryFinish(World world, String none) throws Exception {
        String version = world.model.canaries.values().iterator().next();
        world.versions.install(version, false);
        expectDone(restartCommand(world, List.of()));
    }

    static void kill(World world, String route) throws Exception {
        world.losses.killMember(world.pool.pid(route), world.model.others(route));
    }

    static void secretKill(World world, String route) throws Exception {
        ServerProcess.signal("KILL", world.pool.pid(route));
    }

    /** A while, too short to be taken for a hang. */
    static void pause(World world, String route) throws Exception {
        pause(world.pool.pid(route));
    }

    static void pausePool(World world, String none) throws Exception {
        pause(world.pool.pid());
    }

    private static void pause(long pid) throws InterruptedException {
        ServerProcess.signal("STOP", pid);
        TimeUnit.SECONDS.sleep(2);
        ServerProcess.signal("CONT", pid);
    }

    /** Until the pool has ended it. */
    static void hang(World world, String route) throws Exception {
        long pid = world.pool.pid(route);
        ServerProcess.signal("STOP", pid);
        world.losses.awaitDeathOfMember(pid, world.model.others(route));
    }

    static void killPool(World world, String none) throws Exception {
        long from = System.nanoTime();
        ServerProcess.signal("KILL", world.pool.pid());
        world.pool.awaitExit();
        startAgain(world);
        world.losses.add(new Loss.PoolKilled(from, System.nanoTime()));
    }

    static void stopPool(World world, String none) throws Exception {
        long from = System.nanoTime();
        ServerProcess.signal("TERM", world.pool.pid());
        int exit = world.pool.awaitExit();
        if (exit != TERMINATED) {
            throw new Violation("exit status", exit + " after TERM");
        }
        startAgain(world);
        world.losses.add(new Loss.PoolStopped(from, System.nanoTime()));
    }

    private static void startAgain(World world) throws Exception {
        try {
            world.startPool();
        } catch (IOException e) {
            throw new Violation("no start", e.toString());
        }
        world.model.startedAnew("");
        world.awaitSettled();
    }
}
