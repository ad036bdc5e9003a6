package io.backpool.reliability;

import static io.backpool.reliability.Possible.fronts;
import static io.backpool.reliability.Possible.when;
import static java.util.function.Predicate.not;

import io.backpool.reliability.Operation.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Every kind of operation there is: how often, when it is possible, and what it leads to. */
final class Operations {
    static final List<Kind> ALL =
            List.of(
                    // What the pool's operator asks for.
                    new Kind("scale", 4, Possible::sizes, PoolActions::scale, Model::scaled),
                    new Kind("drain", 3, Possible::drains, PoolActions::drain, Model::drained),
                    new Kind("resume", 3, Possible::resumes, PoolActions::resume, Model::resumed),
                    new Kind("drain-last", 1, Possible::last, PoolActions::drainLast),
                    new Kind(
                            "restart",
                            4,
                            when(Possible::roll),
                            PoolActions::restart,
                            Model::rolled),
                    new Kind("hup", 1, when(Possible::roll), PoolActions::hangUp, Model::rolled),
                    new Kind(
                            "restart-parallel",
                            1,
                            when(Possible::parallel),
                            PoolActions::restartParallel,
                            Model::rolled),
                    new Kind(
                            "restart-back",
                            2,
                            when(Possible::back),
                            PoolActions::back,
                            Model::rolledBack),
                    new Kind("restart-one", 2, Possible::restarts, PoolActions::restart),
                    new Kind("restart-refused", 2, when(Possible::refused), PoolActions::refused),
                    new Kind(
                            "restart-without",
                            4,
                            Possible::without,
                            PoolActions::restartWithout,
                            Model::rolled),
                    new Kind("canary", 2, Possible::canaries, PoolActions::canary, Model::canary),
                    new Kind(
                            "canary-back",
                            3,
                            when(Possible::hasCanary),
                            PoolActions::back,
                            Model::canaryBack),
                    new Kind(
                            "canary-finish",
                            3,
                            when(Possible::hasCanary),
                            PoolActions::canaryFinish,
                            Model::canaryFinished),
                    // What happens to its processes.
                    new Kind("kill", 5, Model::killable, PoolActions::kill, Model::killed),
                    new Kind("pause", 2, Model::killable, PoolActions::pause),
                    new Kind("hang", 1, Model::killable, PoolActions::hang, Model::killed),
                    new Kind("pause-pool", 1, when(Possible::pausePool), PoolActions::pausePool),
                    new Kind(
                            "kill-pool",
                            2,
                            when(Possible::start),
                            PoolActions::killPool,
                            Model::startedAnew),
                    new Kind(
                            "stop-pool",
                            1,
                            when(Possible::start),
                            PoolActions::stopPool,
                            Model::startedAnew),
                    // What surrounds them.
                    new Kind(
                            "settings",
                            2,
                            Possible::settings,
                            HostActions::settings,
                            Model::edited),
                    new Kind("jar", 2, Possible::jars, HostActions::jar, Model::gotJar),
                    new Kind("disk-full", 1, when(Possible::fills), HostActions::full, Model::full),
                    new Kind("disk-free", 3, when(m -> m.diskFull), HostActions::free, Model::free),
                    new Kind("unread", 1, when(m -> !m.unread), HostActions::unread, Model::unread),
                    new Kind("read", 3, when(m -> m.unread), HostActions::read, Model::read),
                    // httpd.
                    new Kind("graceful", 4, fronts(front -> front.up), HttpdActions::graceful),
                    new Kind("bounce", 2, fronts(Model.Front::isWell), HttpdActions::bounce),
                    new Kind("kill-child", 2, fronts(front -> front.up), HttpdActions::killChild),
                    new Kind("down", 1, Possible::downs, HttpdActions::down, Model::down),
                    new Kind("up", 6, fronts(front -> !front.up), HttpdActions::up, Model::up),
                    new Kind("manager", 2, Possible::ways, HttpdActions::manager, Model::way),
                    new Kind(
                            "manager-back",
                            6,
                            Possible::waysBack,
                            HttpdActions::managerBack,
                            Model::wayBack),
                    // Kills and does not say so: a fault that must be found and shrunk to this.
                    new Kind("secret-kill", 0, Model::killable, PoolActions::secretKill));

    private Operations() {}

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
            String argument = arguments.get(random.nextInt(arguments.size()));
            boolean atOnce =
                    !drawn.isEmpty()
                            && Operation.mayComeAtOnce(kind, drawn.get(drawn.size() - 1).kind())
                            && random.nextBoolean();
            kind.expected().accept(model, argument);
            drawn.add(new Operation(atOnce, kind, argument));
        }
        return drawn;
    }

    /** Reads {@code scale 4; & scale 2; kill m1}: what has {@code &} comes at once. */
    static List<Operation> parse(String text) {
        return Arrays.stream(text.split(";"))
                .map(String::trim)
                .filter(not(String::isEmpty))
                .map(Operations::parseOne)
                .toList();
    }

    private static Operation parseOne(String text) {
        boolean atOnce = text.startsWith("&");
        String[] words = text.substring(atOnce ? 1 : 0).trim().split(" ", 2);
        return ALL.stream()
                .filter(kind -> kind.name().equals(words[0]))
                .map(kind -> new Operation(atOnce, kind, words.length > 1 ? words[1].trim() : ""))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no operation is called " + text));
    }

    static String text(List<Operation> operations) {
        return operations.stream().map(Operation::toString).collect(Collectors.joining("; "));
    }
}
