package io.backpool.reliability;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Operations on an httpd, such as {@code h1}, and on the way to its balancer-manager. */
final class HttpdActions {
    /** The pool asks a manager that was away this often at least, and then some. */
    private static final long FOUND_AGAIN_SECONDS = 20;

    private HttpdActions() {}

    static void graceful(World world, String name) throws InterruptedException {
        world.front(name).graceful();
        TimeUnit.MILLISECONDS.sleep(500);
    }

    static void bounce(World world, String name) {
        down(world, name);
        up(world, name);
    }

    static void down(World world, String name) {
        FrontEnd front = world.front(name);
        world.load().pause(front.index);
        long from = System.nanoTime();
        front.stop();
        world.losses.add(new Loss.HttpdStopped(front.index, from, System.nanoTime()));
    }

    static void up(World world, String name) {
        FrontEnd front = world.front(name);
        front.startAgain();
        world.load().resume(front.index);
    }

    static void killChild(World world, String name) throws Exception {
        FrontEnd front = world.front(name);
        List<Long> children = front.children();
        world.losses.killHttpdChild(children.get(0), front.index);
    }

    /** As {@code h1 slow}. */
    static void manager(World world, String how) throws IOException {
        String[] words = how.split(" ");
        FrontEnd front = world.front(words[0]);
        if (words[1].equals("password")) {
            front.changePassword(front.password() + "x");
        } else {
            front.relay.mode(words[1]);
        }
    }

    static void managerBack(World world, String name) throws Exception {
        FrontEnd front = world.front(name);
        front.relay.mode("ok");
        world.writePassword(front);
        awaitFound(world, "127.0.0.1:" + front.relayPort());
    }

    private static void awaitFound(World world, String manager) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(FOUND_AGAIN_SECONDS);
        while (!isFound(world, manager)) {
            if (System.nanoTime() - deadline > 0) {
                throw new Violation("not found again", "balancer-manager, after it was away");
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    private static boolean isFound(World world, String manager) throws Exception {
        return world.pool
                .get("/metrics")
                .lines()
                .filter(line -> line.startsWith("backpool_balancer_up{"))
                .anyMatch(line -> line.contains(manager) && line.matches(".* 1(\\.0)?"));
    }
}
