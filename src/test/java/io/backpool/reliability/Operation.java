package io.backpool.reliability;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * One thing that happens to the pool.
 *
 * @param atOnce whether it comes before what the last one led to was waited for
 * @param argument which member or httpd, or how; may be empty
 */
record Operation(boolean atOnce, Kind kind, String argument) {
    /** What may come at once, after what: neither needs to know where the other is. */
    private static final Map<String, Set<String>> AT_ONCE_AFTER =
            Map.of(
                    "scale", Set.of("scale", "graceful", "kill-child"),
                    "graceful", Set.of("scale", "drain", "resume", "graceful", "kill"),
                    "kill-child", Set.of("scale", "drain", "resume", "graceful", "kill"));

    /** Does it to the world and returns once it is done. */
    interface Action {
        void on(World world, String argument) throws Exception;
    }

    /**
     * A row of {@link Operations}.
     *
     * @param weight how often it is drawn, beside the others; 0: never
     * @param arguments with which it is possible now, by the model; none: not possible
     * @param expected what the model is after it
     */
    record Kind(
            String name,
            int weight,
            Function<Model, List<String>> arguments,
            Action action,
            BiConsumer<Model, String> expected) {
        /** One after which everything is as before. */
        Kind(String name, int weight, Function<Model, List<String>> arguments, Action action) {
            this(name, weight, arguments, action, (model, argument) -> {});
        }
    }

    static boolean mayComeAtOnce(Kind kind, Kind after) {
        return AT_ONCE_AFTER.getOrDefault(kind.name, Set.of()).contains(after.name);
    }

    boolean isPossible(Model model) {
        return kind.arguments().apply(model).contains(argument);
    }

    /** As in a replay line. */
    @Override
    public String toString() {
        String text = argument.isEmpty() ? kind.name() : kind.name() + " " + argument;
        return atOnce ? "& " + text : text;
    }
}
