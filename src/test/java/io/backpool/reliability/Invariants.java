package io.backpool.reliability;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What must hold of a {@link World}. */
final class Invariants {
    /** As long as the longest request may take. */
    private static final long ANSWERS_MILLIS = TimeUnit.SECONDS.toMillis(80);

    /** Requests after an operation that show what it led to. */
    private static final int ENOUGH = 100;

    private Invariants() {}

    /**
     * After an operation.
     *
     * @param patience milliseconds after which the world is as the model says
     */
    static void check(World world, Figures figures, long patience) throws Exception {
        figures.settled(awaitSettled(world, patience));
        world.load().awaitMore(ENOUGH);
        checkRequests(world, figures);
    }

    /** No request failed but those that died with a process, and no POST was handled twice. */
    static void checkRequests(World world, Figures figures) throws Exception {
        if (!world.load().awaitAnswersOfEarlier(ANSWERS_MILLIS)) {
            throw new Violation("hanging request", "one got no answer within 80 s");
        }
        List<Attempt> unexplained = new ArrayList<>();
        for (Attempt failed : world.load().failures()) {
            @Nullable String why = world.losses.explanation(failed, world.journal);
            if (why == null) {
                unexplained.add(failed);
            } else {
                figures.lost(why);
            }
        }
        figures.failed(unexplained.size());
        if (!unexplained.isEmpty()) {
            throw new Violation(
                    "failed request",
                    unexplained.size()
                            + " of "
                            + world.load().requests()
                            + ", such as "
                            + unexplained.stream()
                                    .limit(5)
                                    .map(Attempt::toString)
                                    .collect(Collectors.joining("; ")));
        }
        List<String> twice = world.journal.handledTwice();
        if (!twice.isEmpty()) {
            throw new Violation("POST handled twice", twice.toString());
        }
    }

    /** Waits until the world is as the model says; how many milliseconds it took. */
    static long awaitSettled(World world, long patience) throws Exception {
        long begin = System.nanoTime();
        while (true) {
            long waited = (System.nanoTime() - begin) / 1_000_000;
            @Nullable String difference;
            try {
                difference = difference(world);
            } catch (IOException e) {
                difference = "the pool or httpd does not answer: " + e;
            }
            if (difference == null) {
                return waited;
            }
            if (waited > patience) {
                throw new Violation("not as it should be", difference);
            }
            TimeUnit.MILLISECONDS.sleep(150);
        }
    }

    /** How the world differs from the model; null: not at all. */
    private static @Nullable String difference(World world) throws Exception {
        @Nullable String members = members(world);
        if (members != null) {
            return members;
        }
        for (FrontEnd front : world.fronts) {
            if (world.model.fronts.get(front.index).canBeChanged()) {
                @Nullable String seats = seats(world, front);
                if (seats != null) {
                    return seats;
                }
            }
        }
        return answers(world);
    }

    /** What the pool itself says. */
    private static @Nullable String members(World world) throws Exception {
        Model model = world.model;
        List<String> wanted =
                model.routes().stream()
                        .map(
                                route ->
                                        route
                                                + (model.drained.contains(route)
                                                        ? " draining"
                                                        : " serving"))
                        .toList();
        List<String> found =
                world.pool
                        .status()
                        .get("members")
                        .valueStream()
                        .map(member -> text(member, "route") + " " + text(member, "state"))
                        .toList();
        return found.equals(wanted)
                ? null
                : "the pool's members are %s, should be %s".formatted(found, wanted);
    }

    private static String text(JsonNode member, String name) {
        return member.get(name).asString();
    }

    /** Each member has one place in httpd, of the right address and route; no other serves. */
    private static @Nullable String seats(World world, FrontEnd front) throws Exception {
        List<FrontEnd.Seat> seats = front.seats();
        String shown = " at h%d: %s".formatted(front.index + 1, seats);
        for (String route : world.model.routes()) {
            int port = world.port(route, front.kind.protocol());
            List<FrontEnd.Seat> own = seats.stream().filter(seat -> seat.port() == port).toList();
            if (own.size() != 1) {
                return "%s has %d seats%s".formatted(route, own.size(), shown);
            }
            FrontEnd.Seat seat = own.get(0);
            boolean out = world.model.drained.contains(route);
            if (!seat.route().equals(route)
                    || (!out && !isServing(seat))
                    || (out && !seat.status().contains("Drn"))) {
                return "%s is not %s%s".formatted(route, out ? "drained" : "in", shown);
            }
        }
        List<String> serving =
                seats.stream().filter(Invariants::isServing).map(FrontEnd.Seat::route).toList();
        return serving.stream().sorted().toList().equals(world.model.inRotation())
                ? null
                : "%s serve, should be %s%s".formatted(serving, world.model.inRotation(), shown);
    }

    private static boolean isServing(FrontEnd.Seat seat) {
        return seat.status().matches("(Init )?(Ign )?Ok");
    }

    /**
     * A client that sticks to a member is answered by it, in the right version and with its
     * settings.
     */
    private static @Nullable String answers(World world) throws Exception {
        Model model = world.model;
        for (String route : model.inRotation()) {
            String wanted = route + " " + model.versionOf(route);
            for (FrontEnd front : world.fronts) {
                if (!model.fronts.get(front.index).canBeChanged()) {
                    continue;
                }
                var request = new Request("/get", "probe", route, 0);
                Request.Answer answer = request.send(front.port);
                if (!answer.served().equals(wanted)) {
                    return "a client that sticks to %s at h%d is answered by '%s' (%d), should be '%s'"
                            .formatted(
                                    route,
                                    front.index + 1,
                                    answer.served(),
                                    answer.status(),
                                    wanted);
                }
            }
            var large = new Request("/get", "probe", null, World.PROBE_BODY);
            int status = large.send(world.httpPort(route)).status();
            if (status != (model.small ? 413 : 200)) {
                return "%s answers a large body with %d: not the settings of the pool"
                        .formatted(route, status);
            }
        }
        return null;
    }

    /** No process holds more than at first, by name of what it holds. */
    static void checkHoldings(Map<Long, Holdings> first, Map<Long, Holdings> now) throws Violation {
        for (Map.Entry<Long, Holdings> entry : now.entrySet()) {
            @Nullable Holdings before = first.get(entry.getKey());
            if (before != null && entry.getValue().hasGrownSince(before)) {
                throw new Violation(
                        "growth",
                        "process %d holds %s, at first %s"
                                .formatted(entry.getKey(), entry.getValue(), before));
            }
        }
    }
}
