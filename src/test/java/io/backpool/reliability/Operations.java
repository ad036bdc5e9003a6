package io.backpool.reliability;

import static java.util.function.Predicate.not;

import io.backpool.reliability.Operation.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Every kind of operation there is: how often, when it is possible, and what it leads to. */
final class Operations {
    private static final List<String> ONE = List.of("");

    static final List<Kind> ALL =
            List.of(
                    new Kind(
                            "scale",
                            4,
                            Operations::sizes,
                            PoolDeeds::scale,
                            (model, size) -> model.scaled(Integer.parseInt(size))),
                    new Kind(
                            "drain",
                            3,
                            Operations::drainable,
                            PoolDeeds::drain,
                            (model, route) -> model.drained.add(route)),
                    new Kind(
                            "resume",
                            3,
                            Operations::drainedNow,
                            PoolDeeds::resume,
                            (model, route) -> model.drained.remove(route)),
                    new Kind(
                            "drain-last",
                            1,
                            Operations::last,
                            PoolDeeds::drainLast,
                            Operations::nothing),
                    new Kind(
                            "restart",
                            4,
                            when(Operations::canRoll),
                            PoolDeeds::restart,
                            (model, none) -> model.rolled()),
                    new Kind(
                            "hup",
                            1,
                            when(Operations::canRoll),
                            PoolDeeds::hangUp,
                            (model, none) -> model.rolled()),
                    new Kind(
                            "restart-refused",
                            2,
                            when(Operations::isRefused),
                            PoolDeeds::restartRefused,
                            Operations::nothing),
                    new Kind(
                            "restart-one",
                            2,
                            Operations::restartable,
                            PoolDeeds::restart,
                            Operations::nothing),
                    new Kind(
                            "canary",
                            2,
                            Operations::canaryPlaces,
                            PoolDeeds::canary,
                            (model, route) -> model.canaries.put(route, model.newVersion())),
                    new Kind(
                            "canary-back",
                            2,
                            when(Operations::hasCanary),
                            PoolDeeds::canaryBack,
                            (model, none) -> model.canaries.clear()),
                    new Kind(
                            "canary-finish",
                            2,
                            when(Operations::hasCanary),
                            PoolDeeds::canaryFinish,
                            (model, none) -> model.finished()),
                    new Kind("kill", 5, Model::killable, PoolDeeds::kill, Model::killed),
                    new Kind("pause", 2, Model::killable, PoolDeeds::pause, Operations::nothing),
                    new Kind("hang", 1, Model::killable, PoolDeeds::hang, Model::killed),
                    new Kind(
                            "pause-pool",
                            1,
                            when(model -> true),
                            PoolDeeds::pausePool,
                            Operations::nothing),
                    new Kind(
                            "kill-pool",
                            1,
                            when(Operations::canStart),
                            PoolDeeds::killPool,
                            (model, none) -> model.startedAnew()),
                    new Kind(
                            "stop-pool",
                            1,
                            when(Operations::canStart),
                            PoolDeeds::stopPool,
                            (model, none) -> model.startedAnew()),
                    new Kind(
                            "settings",
                            2,
                            Operations::settings,
                            HostDeeds::settings,
                            Model::edited),
                    new Kind("jar", 2, Operations::jars, HostDeeds::jar, Model::gotJar),
                    new Kind(
                            "disk",
                            1,
                            Operations::disks,
                            HostDeeds::disk,
                            (model, how) -> model.diskFull = how.equals("full")),
                    new Kind(
                            "stderr",
                            1,
                            Operations::readers,
                            HostDeeds::stderr,
                            (model, how) -> model.unread = how.equals("unread")),
                    new Kind(
                            "graceful",
                            4,
                            fronts(front -> front.up),
                            HttpdDeeds::graceful,
                            Operations::nothing),
                    new Kind(
                            "bounce",
                            2,
                            fronts(Model.Front::canBeChanged),
                            HttpdDeeds::bounce,
                            Operations::nothing),
                    new Kind(
                            "kill-child",
                            2,
                            fronts(front -> front.up),
                            HttpdDeeds::killChild,
                            Operations::nothing),
                    new Kind(
                            "down",
                            1,
                            Operations::fronts2,
                            HttpdDeeds::down,
                            (model, name) -> model.front(name).up = false),
                    new Kind(
                            "up",
                            2,
                            fronts(front -> !front.up),
                            HttpdDeeds::up,
                            (model, name) -> model.front(name).up = true),
                    new Kind("manager", 3, Operations::managers, HttpdDeeds::manager, Model::way),
                    // Kills and does not say so: a fault that must be found and shrunk to this.
                    new Kind(
                            "secret-kill",
                            0,
                            Model::killable,
                            PoolDeeds::secretKill,
                            Operations::nothing));

    private Operations() {}

    private static void nothing(Model model, String argument) {}

    /** Draws {@code count} operations, each possible after those before it. */
    static List<Operation> draw(Model model, Random random, int count, List<String> except) {
        List<Operation> drawn = new ArrayList<>();
        while (drawn.size() < count) {
            List<Kind> possible =
                    ALL.stream()
                            .filter(kind -> !except.contains(kind.name()))
                            .filter(kind -> !kind.arguments().apply(model).isEmpty())
                            .flatMap(kind -> IntStream.range(0, kind.weight()).mapToObj(i -> kind))
                            .toList();
            Kind kind = possible.get(random.nextInt(possible.size()));
            List<String> arguments = kind.arguments().apply(model);
            var operation = new Operation(kind, arguments.get(random.nextInt(arguments.size())));
            kind.expected().accept(model, operation.argument());
            drawn.add(operation);
        }
        return drawn;
    }

    /** Reads {@code scale 4; kill m1}. */
    static List<Operation> parse(String text) {
        return java.util.Arrays.stream(text.split(";"))
                .map(String::trim)
                .filter(not(String::isEmpty))
                .map(Operations::parseOne)
                .toList();
    }

    private static Operation parseOne(String text) {
        String[] words = text.split(" ", 2);
        return ALL.stream()
                .filter(kind -> kind.name().equals(words[0]))
                .map(kind -> new Operation(kind, words.length > 1 ? words[1].trim() : ""))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no operation is called " + text));
    }

    static String text(List<Operation> operations) {
        return operations.stream().map(Operation::toString).collect(Collectors.joining("; "));
    }

    private static Function<Model, List<String>> when(Predicate<Model> condition) {
        return model -> condition.test(model) ? ONE : List.of();
    }

    private static Function<Model, List<String>> fronts(Predicate<Model.Front> condition) {
        return model ->
                model.frontNames().stream()
                        .filter(name -> condition.test(model.front(name)))
                        .toList();
    }

    private static List<String> sizes(Model model) {
        return IntStream.rangeClosed(2, Model.MOST_MEMBERS)
                .filter(size -> size != model.members && model.everyFrontCanBeChanged())
                .filter(size -> model.inRotation().stream().anyMatch(r -> number(r) <= size))
                .mapToObj(Integer::toString)
                .toList();
    }

    private static int number(String route) {
        return Integer.parseInt(route.substring(1));
    }

    private static List<String> drainable(Model model) {
        return model.everyFrontCanBeChanged()
                ? model.inRotation().stream().filter(model::othersServe).toList()
                : List.of();
    }

    private static List<String> drainedNow(Model model) {
        return model.everyFrontCanBeChanged() ? List.copyOf(model.drained) : List.of();
    }

    private static List<String> last(Model model) {
        return model.flags.force() && model.inRotation().size() == 1
                ? model.inRotation()
                : List.of();
    }

    private static boolean canRoll(Model model) {
        return model.canRoll() && model.canaries.isEmpty() && model.inRotation().size() > 1;
    }

    /** What keeps the pool from restarting is known, and it says so before it touches a member. */
    private static boolean isRefused(Model model) {
        boolean frontAway = !model.everyFrontCanBeChanged();
        return frontAway
                ? model.flags.without() && model.setup.processes()
                : !model.canRoll() && model.canaries.isEmpty();
    }

    private static List<String> restartable(Model model) {
        return model.canRoll() && !model.isPending()
                ? model.routes().stream().filter(model::othersServe).toList()
                : List.of();
    }

    private static List<String> canaryPlaces(Model model) {
        return model.flags.canary() ? restartable(model) : List.of();
    }

    private static boolean hasCanary(Model model) {
        return !model.canaries.isEmpty()
                && model.canRoll()
                && model.versionOnDisk.equals(model.version)
                && model.small == model.smallOnDisk
                && model.inRotation().size() > 1;
    }

    private static boolean canStart(Model model) {
        return model.fileValid
                && !model.versionOnDisk.equals("bad")
                && model.canaries.isEmpty()
                && !model.diskFull
                && model.everyFrontCanBeChanged();
    }

    private static List<String> settings(Model model) {
        return List.of("small", "large", "bad");
    }

    private static List<String> jars(Model model) {
        return List.of("new", "new-in-place", "bad", "bad-in-place");
    }

    private static List<String> disks(Model model) {
        return List.of(model.diskFull ? "free" : "full");
    }

    private static List<String> readers(Model model) {
        return List.of(model.unread ? "read" : "unread");
    }

    private static List<String> fronts2(Model model) {
        return model.fronts.size() > 1 ? fronts(Model.Front::canBeChanged).apply(model) : List.of();
    }

    private static List<String> managers(Model model) {
        List<String> all = new ArrayList<>();
        for (String name : model.frontNames()) {
            if (!model.front(name).manager.equals("ok")) {
                all.add(name + " ok");
            } else if (model.front(name).up) {
                for (String how : List.of("slow", "away", "silent", "password")) {
                    all.add(name + " " + how);
                }
            }
        }
        return all;
    }
}
