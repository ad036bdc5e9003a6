package io.backpool.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.exc.ValueInstantiationException;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is wrong in {@code app.config}, in one line that says no password. Immutable.
 *
 * @param root all of it
 * @param found by Jackson
 */
record AppMistake(YamlNode root, JacksonException found) {
    static final ValueType<Duration> DURATION =
            ValueType.duration(Duration.ZERO, Duration.ofDays(3650));

    /** What is said of none of these is what its value was. */
    private static final Pattern SECRET =
            Pattern.compile("(?i).*(pass|secret|token|key|credential).*");

    private static final Set<Class<?>> WHOLE_NUMBERS =
            Set.of(
                    int.class,
                    Integer.class,
                    long.class,
                    Long.class,
                    short.class,
                    Short.class,
                    byte.class,
                    Byte.class);

    private static final Set<Class<?>> NUMBERS =
            Set.of(double.class, Double.class, float.class, Float.class);

    /** {@code app.config.smtp.port}. */
    String name() {
        var name = new StringBuilder("app.config");
        for (JacksonException.Reference step : found.getPath()) {
            String field = step.getPropertyName();
            name.append(field == null ? "[" + step.getIndex() + "]" : "." + field);
        }
        return name.toString();
    }

    private static List<String> names(UnrecognizedPropertyException unknown) {
        return unknown.getKnownPropertyIds().stream().map(Object::toString).toList();
    }

    /** With the place, and what would be right. */
    String words() {
        String name = name();
        YamlNode node = root;
        String origin = root.origin();
        for (JacksonException.Reference step : found.getPath()) {
            String field = step.getPropertyName();
            node = node == null ? null : node.child(field, step.getIndex());
            origin = node == null ? origin : node.origin();
        }
        return (origin.isEmpty() ? "" : origin + ": ") + name + ": " + what(name, node);
    }

    private String what(CharSequence name, @Nullable YamlNode node) {
        if (found instanceof UnrecognizedPropertyException unknown) {
            return "no such setting" + NearestName.hint(unknown.getPropertyName(), names(unknown));
        }
        if (found instanceof ValueInstantiationException && found.getCause() != null) {
            return String.valueOf(found.getCause().getMessage());
        }
        String wanted =
                found instanceof MismatchedInputException mismatch
                        ? wanted(mismatch.getTargetType())
                        : "something else";
        return node == null
                ? "is missing, must be " + wanted
                : "was " + shown(name, node) + ", must be " + wanted;
    }

    private static String shown(CharSequence name, YamlNode node) {
        if (!(node.value() instanceof String text)) {
            return node.value() instanceof Map ? "a section" : "a list";
        }
        return SECRET.matcher(name).matches() ? "something else" : Settings.quoted(text);
    }

    private static String wanted(@Nullable Class<?> type) {
        if (type == null) {
            return "something else";
        }
        if (WHOLE_NUMBERS.contains(type)) {
            return "a whole number that fits " + type.getSimpleName().toLowerCase(Locale.ROOT);
        }
        if (NUMBERS.contains(type)) {
            return "a number";
        }
        if (type == boolean.class || type == Boolean.class) {
            return ValueType.BOOLEAN.allowed();
        }
        if (type == Duration.class) {
            return DURATION.allowed();
        }
        if (type.isEnum()) {
            return "one of "
                    + Arrays.stream(type.getEnumConstants())
                            .map(each -> ((Enum<?>) each).name())
                            .map(each -> each.toLowerCase(Locale.ROOT).replace('_', '-'))
                            .collect(Collectors.joining(" | "));
        }
        if (type == String.class) {
            return "text";
        }
        if (Collection.class.isAssignableFrom(type) || type.isArray()) {
            return "a list";
        }
        return type.isRecord() || Map.class.isAssignableFrom(type)
                ? "a section of key: value lines"
                : "a " + type.getSimpleName();
    }

    /** Puts what can be read in its place, to find the next one; false: nothing can be. */
    boolean replaceIn(JsonNode json) {
        JsonNode parent = json;
        List<JacksonException.Reference> path = found.getPath();
        for (JacksonException.Reference step : path.subList(0, Math.max(0, path.size() - 1))) {
            String field = step.getPropertyName();
            parent = field == null ? parent.path(step.getIndex()) : parent.path(field);
        }
        String field = path.isEmpty() ? null : path.get(path.size() - 1).getPropertyName();
        if (field == null || !(parent instanceof ObjectNode section)) {
            return false;
        }
        Class<?> wanted =
                found instanceof MismatchedInputException mismatch
                        ? mismatch.getTargetType()
                        : null;
        if (found instanceof UnrecognizedPropertyException unknown) {
            JsonNode value = section.remove(field);
            NearestName.of(field, names(unknown))
                    .filter(meant -> !section.has(meant))
                    .ifPresent(meant -> section.set(meant, value));
        } else if (wanted == boolean.class) {
            section.put(field, false);
        } else if (wanted != null && wanted.isPrimitive()) {
            section.put(field, 0);
        } else {
            section.putNull(field);
        }
        return true;
    }
}
