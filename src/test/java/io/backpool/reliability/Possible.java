package io.backpool.reliability;

import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** With which arguments an operation is possible, by the model; none: not possible. */
final class Possible {
    private static final List<String> ONE = List.of("");

    private Possible() {}

    static Function<Model, List<String>> when(Predicate<Model> condition) {
        return model -> condition.test(model) ? ONE : List.of();
    }

    static Function<Model, List<String>> fronts(Predicate<Model.Front> condition) {
        return model ->
                model.frontNames().stream()
                        .filter(name -> condition.test(model.front(name)))
                        .toList();
    }

    static List<String> sizes(Model model) {
        return IntStream.rangeClosed(2, Model.MOST_MEMBERS)
                .filter(size -> size != model.members && model.everyFrontCanBeChanged())
                .filter(size -> model.inRotation().stream().anyMatch(r -> number(r) <= size))
                .mapToObj(Integer::toString)
                .toList();
    }

    private static int number(String route) {
        return Integer.parseInt(route.substring(1));
    }

    static List<String> drains(Model model) {
        return model.everyFrontCanBeChanged()
                ? model.inRotation().stream().filter(model::othersServe).toList()
                : List.of();
    }

    static List<String> resumes(Model model) {
        return model.everyFrontCanBeChanged() ? List.copyOf(model.drained) : List.of();
    }

    static List<String> last(Model model) {
        return model.flags.force() && model.inRotation().size() == 1
                ? model.inRotation()
                : List.of();
    }

    static boolean roll(Model model) {
        return model.canRoll() && model.canaries.isEmpty() && model.inRotation().size() > 1;
    }

    static boolean parallel(Model model) {
        return roll(model) && model.inRotation().size() > 2;
    }

    /** After a restart of all that changed something. */
    static boolean back(Model model) {
        return model.setup.processes()
                && model.before != null
                && model.canaries.isEmpty()
                && model.everyFrontCanBeChanged()
                && model.inRotation().size() > 1;
    }

    /** What keeps the pool from restarting is known, and it says so before it touches a member. */
    static boolean refused(Model model) {
        boolean frontAway = !model.everyFrontCanBeChanged();
        return frontAway
                ? model.flags.without() && model.setup.processes()
                : !model.canRoll() && model.canaries.isEmpty();
    }

    static List<String> restarts(Model model) {
        return model.canRoll() && !model.isPending()
                ? model.routes().stream().filter(model::othersServe).toList()
                : List.of();
    }

    static List<String> canaries(Model model) {
        return model.flags.canary() ? restarts(model) : List.of();
    }

    static boolean hasCanary(Model model) {
        return !model.canaries.isEmpty()
                && model.canRoll()
                && model.versionOnDisk.equals(model.version)
                && model.small == model.smallOnDisk
                && model.inRotation().size() > 1;
    }

    static boolean pausePool(Model model) {
        return !model.setup.failsWhilePaused();
    }

    static boolean start(Model model) {
        return model.fileValid
                && !model.versionOnDisk.equals("bad")
                && model.canaries.isEmpty()
                && !model.diskFull
                && model.everyFrontCanBeChanged();
    }

    static boolean fills(Model model) {
        return model.flags.mount() && !model.diskFull;
    }

    static List<String> settings(Model model) {
        return List.of("small", "large", "bad");
    }

    static List<String> jars(Model model) {
        return List.of("new", "new-in-place", "bad", "bad-in-place");
    }

    static List<String> downs(Model model) {
        return model.fronts.size() > 1 ? fronts(Model.Front::isWell).apply(model) : List.of();
    }

    static List<String> ways(Model model) {
        return model.frontNames().stream()
                .filter(name -> model.front(name).up && model.front(name).manager.equals("ok"))
                .flatMap(
                        name ->
                                Stream.of("slow", "away", "silent", "password")
                                        .map(how -> name + " " + how))
                .toList();
    }

    static List<String> waysBack(Model model) {
        return fronts(front -> front.up && !front.manager.equals("ok")).apply(model);
    }

    /** The one httpd that the pool can't reach, if it notices by itself that a member leaves. */
    static List<String> without(Model model) {
        List<String> away = fronts(front -> !front.canBeChanged()).apply(model);
        return model.flags.without()
                        && model.canStartAll()
                        && model.canaries.isEmpty()
                        && model.inRotation().size() > 1
                        && away.size() == 1
                        && model.notices(away.get(0))
                ? away
                : List.of();
    }
}
