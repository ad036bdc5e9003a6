package io.backpool.observe;

import io.backpool.balancer.Standing;
import io.backpool.observe.PoolView.ChangeProgress;
import io.backpool.observe.PoolView.MemberView;
import io.backpool.observe.StatusReport.FrontEnd;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How the pool is, in one sentence: the worst that is known, and what to do about it. Immutable.
 *
 * @param level {@code good}, {@code warn} (clients are served) or {@code bad}
 * @param command that helps, or tells more; null: there is nothing to do
 */
public record Verdict(String level, String text, @Nullable String command) {
    private static final String COMMAND = "java -jar backend.jar ";

    /** Whatever else there is. */
    static Verdict paused(Duration hold, List<MemberView> members) {
        int held = members.stream().mapToInt(member -> Math.max(0, member.held())).sum();
        String what =
                hold.isZero()
                        ? "httpd answers every client 503"
                        : "requests that wait: %d, each for at most %d s"
                                .formatted(held, hold.toSeconds());
        return bad("The pool is paused by an operator: " + what, COMMAND + "resume");
    }

    static Verdict of(
            Map<String, String> services,
            List<MemberView> members,
            List<FrontEnd> frontEnds,
            @Nullable ChangeProgress change,
            List<String> pendingSettings) {
        List<Verdict> found = new ArrayList<>();
        noneServes(members, found);
        unknown(frontEnds, found);
        out(members, found);
        vanished(frontEnds, found);
        ejected(members, found);
        services(services, found);
        notServing(members, found);
        change(change, found);
        pendingSettings.stream()
                .findFirst()
                .ifPresent(it -> found.add(warn("Needs a restart of the whole pool: " + it, null)));
        return found.stream()
                .filter(verdict -> verdict.level().equals("bad"))
                .findFirst()
                .or(() -> found.stream().findFirst())
                .orElseGet(() -> good(members, frontEnds.size()));
    }

    private static Verdict good(List<MemberView> members, int frontEnds) {
        String who =
                members.size() == 1
                        ? "The one member serves"
                        : "All " + members.size() + " members serve";
        if (frontEnds == 0) {
            return new Verdict("good", who + "; no httpd is configured", COMMAND + "conf apache");
        }
        String where = frontEnds == 1 ? " in the front end" : " in " + frontEnds + " front ends";
        long versions = members.stream().map(MemberView::version).distinct().count();
        return versions > 1
                ? new Verdict(
                        "good",
                        who + where + ", in " + versions + " versions",
                        COMMAND + "restart --back")
                : new Verdict("good", who + where, null);
    }

    private static void noneServes(List<MemberView> members, List<Verdict> found) {
        if (members.stream().anyMatch(Verdict::serves)) {
            return;
        }
        String states =
                members.stream()
                        .map(member -> member.route() + " is " + member.state())
                        .collect(Collectors.joining(", "));
        boolean starting = members.stream().allMatch(member -> member.state().equals("starting"));
        found.add(
                starting
                        ? warn("The members are starting", null)
                        : bad("No member takes new clients: " + states, resume(members)));
    }

    private static @Nullable String resume(List<MemberView> members) {
        return members.stream()
                .filter(member -> member.state().equals("draining"))
                .findFirst()
                .map(member -> COMMAND + "resume " + member.route())
                .orElse(null);
    }

    /** An httpd that does not answer may serve or not. */
    private static void unknown(List<FrontEnd> frontEnds, List<Verdict> found) {
        frontEnds.stream()
                .filter(frontEnd -> frontEnd.why() != null)
                .findFirst()
                .ifPresent(
                        frontEnd ->
                                found.add(
                                        bad(
                                                "It is unknown whether front end %s sends requests: %s"
                                                        .formatted(frontEnd.name(), frontEnd.why()),
                                                COMMAND + "doctor")));
    }

    private static void out(List<MemberView> members, List<Verdict> found) {
        for (MemberView member : members) {
            if (serves(member)) {
                first(member, it -> it.state().equals(Standing.OUT))
                        .ifPresent(
                                httpd ->
                                        found.add(
                                                outOf(
                                                        member.route(),
                                                        httpd,
                                                        isOutEverywhere(members, httpd.getKey()))));
            }
        }
    }

    private static void vanished(List<FrontEnd> frontEnds, List<Verdict> found) {
        for (FrontEnd frontEnd : frontEnds) {
            if (!frontEnd.vanishedHosts().isEmpty()) {
                found.add(
                        warn(
                                "In front end %s the members at %s are stopped: they answered neither httpd nor another pool"
                                        .formatted(
                                                frontEnd.name(),
                                                String.join(", ", frontEnd.vanishedHosts())),
                                null));
            }
        }
    }

    private static void ejected(List<MemberView> members, List<Verdict> found) {
        for (MemberView member : members) {
            if (member.ejected() != null) {
                found.add(
                        warn(
                                "%s is ejected, it gets next to nothing: it %s"
                                        .formatted(member.route(), member.ejected()),
                                COMMAND + "drain " + member.route()));
            }
        }
    }

    private static Verdict outOf(
            String route, Map.Entry<String, Standing> httpd, boolean everyMember) {
        String text =
                "%s is out in front end %s: %s"
                        .formatted(
                                everyMember ? "Every member" : route,
                                httpd.getKey(),
                                httpd.getValue().why());
        return new Verdict(everyMember ? "bad" : "warn", text, httpd.getValue().remedy());
    }

    private static boolean isOutEverywhere(List<MemberView> members, String frontEnd) {
        return members.stream()
                .map(member -> member.rotation().get(frontEnd))
                .filter(Objects::nonNull)
                .allMatch(standing -> standing.state().equals(Standing.OUT));
    }

    private static Optional<Map.Entry<String, Standing>> first(
            MemberView member, Predicate<Standing> condition) {
        return member.rotation().entrySet().stream()
                .filter(httpd -> condition.test(httpd.getValue()))
                .min(Map.Entry.comparingByKey());
    }

    private static void services(Map<String, String> services, List<Verdict> found) {
        services.forEach(
                (name, state) -> {
                    if (!state.equals("UP")) {
                        found.add(
                                bad(
                                        "The " + name + " does not answer",
                                        COMMAND + "check --connect"));
                    }
                });
    }

    private static void notServing(List<MemberView> members, List<Verdict> found) {
        for (MemberView member : members) {
            if (member.state().equals("draining")) {
                found.add(
                        warn(
                                member.route() + " is drained: it gets no new clients",
                                COMMAND + "resume " + member.route()));
            } else if (member.state().equals("unready")) {
                found.add(
                        warn(
                                member.route()
                                        + " gets no requests: its application says that it is not"
                                        + " ready, see the log",
                                null));
            } else if (!serves(member)) {
                found.add(warn(member.route() + " is " + member.state(), null));
            }
        }
    }

    private static void change(@Nullable ChangeProgress change, List<Verdict> found) {
        if (change == null) {
            return;
        }
        if (change.running()) {
            List<String> steps = change.steps();
            String last = steps.isEmpty() ? "begun" : steps.get(steps.size() - 1);
            found.add(0, warn(change.what() + " is running: " + last, null));
        } else if (change.error() != null) {
            found.add(warn(change.what() + " stopped: " + change.error(), null));
        }
    }

    private static boolean serves(MemberView member) {
        return member.state().equals("serving");
    }

    private static Verdict warn(String text, @Nullable String command) {
        return new Verdict("warn", text, command);
    }

    private static Verdict bad(String text, @Nullable String command) {
        return new Verdict("bad", text, command);
    }
}
