package io.backpool.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.EnumNamingStrategies;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.deser.std.StdScalarDeserializer;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.exc.ValueInstantiationException;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.node.ObjectNode;

/**
 * The application's own settings, {@code app.config}. May hold passwords: says none of them.
 * Immutable.
 *
 * @param root a section
 */
public record AppSettings(YamlNode root) {
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

    private static final ValueType<Duration> DURATION =
            ValueType.duration(Duration.ZERO, Duration.ofDays(3650));

    /**
     * @param file what {@code app.config} names
     */
    static AppSettings read(Settings from, ConfigSnapshot.TextFile file) {
        Setting said = from.byName().get(AppConfig.CONFIG.name());
        try {
            if (said == null) {
                return none();
            }
            if (said.form() == Setting.Form.SECTION) {
                String place = said.origin().substring(0, said.origin().lastIndexOf(':'));
                return new AppSettings(YamlTree.read(place, said.text()));
            }
            if (from.valueOrNull(AppConfig.CONFIG) == null) {
                return none();
            }
            if (file.unreadable() != null) {
                if (from.lookAtFiles()) {
                    from.mistake(AppConfig.CONFIG, file.unreadable());
                }
                return none();
            }
            return new AppSettings(YamlTree.read(said.text(), file.text()));
        } catch (ConfigException e) {
            from.mistakes().addAll(e.mistakes());
            return none();
        }
    }

    /** None are said. */
    public static AppSettings none() {
        return new AppSettings(new YamlNode("", Map.of()));
    }

    /**
     * All of them as a record, whose component {@code maxItems} is the setting {@code max-items}.
     *
     * @param type a record of the application's
     * @throws ConfigException if settings do not fit, are missing or not known: a line each
     * @throws IllegalArgumentException if nothing can be read into such a type
     */
    public <T> T as(Class<T> type) {
        JsonNode json = root.json();
        Map<String, String> mistakes = new LinkedHashMap<>();
        while (true) {
            try {
                T all = mapper(true).treeToValue(json, type);
                if (mistakes.isEmpty()) {
                    return all;
                }
                throw new ConfigException(List.copyOf(mistakes.values()));
            } catch (InvalidDefinitionException e) {
                throw new IllegalArgumentException(
                        "app.config can't be read as "
                                + type.getName()
                                + ": "
                                + e.getOriginalMessage(),
                        e);
            } catch (JacksonException e) {
                JacksonException found = orUnknown(e, json, type);
                // What a record refuses may follow from a value that stands for a wrong one.
                boolean follows = found instanceof ValueInstantiationException;
                boolean isNew =
                        (!follows || mistakes.isEmpty())
                                && mistakes.putIfAbsent(name(found), words(found)) == null;
                if (follows || !isNew || !replace(json, found)) {
                    throw new ConfigException(List.copyOf(mistakes.values()));
                }
            }
        }
    }

    /** A key that is not known before one that is missing: it is the same one, misspelled. */
    private static JacksonException orUnknown(
            JacksonException found, JsonNode json, Class<?> type) {
        try {
            mapper(false).treeToValue(json, type);
            return found;
        } catch (UnrecognizedPropertyException unknown) {
            return unknown;
        } catch (JacksonException other) {
            return found;
        }
    }

    /** Puts what can be read in the place of a mistake, to find the next; false: nothing can. */
    private static boolean replace(JsonNode json, JacksonException mistake) {
        JsonNode parent = json;
        List<JacksonException.Reference> path = mistake.getPath();
        for (JacksonException.Reference step : path.subList(0, Math.max(0, path.size() - 1))) {
            String field = step.getPropertyName();
            parent = field == null ? parent.path(step.getIndex()) : parent.path(field);
        }
        String field = path.isEmpty() ? null : path.get(path.size() - 1).getPropertyName();
        if (field == null || !(parent instanceof ObjectNode section)) {
            return false;
        }
        Class<?> wanted =
                mistake instanceof MismatchedInputException mismatch
                        ? mismatch.getTargetType()
                        : null;
        if (mistake instanceof UnrecognizedPropertyException unknown) {
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

    /** One for each call: it remembers the application's classes. */
    private static JsonMapper mapper(boolean primitivesRequired) {
        var ours = new SimpleModule();
        ours.addDeserializer(Duration.class, new OurDuration());
        return JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
                .enumNamingStrategy(EnumNamingStrategies.KEBAB_CASE)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .configure(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES, primitivesRequired)
                .annotationIntrospector(
                        primitivesRequired
                                ? new PrimitivesRequired()
                                : new JacksonAnnotationIntrospector())
                .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
                .addModule(ours)
                .build();
    }

    private static String name(JacksonException e) {
        var name = new StringBuilder("app.config");
        for (JacksonException.Reference step : e.getPath()) {
            String field = step.getPropertyName();
            name.append(field == null ? "[" + step.getIndex() + "]" : "." + field);
        }
        return name.toString();
    }

    private static List<String> names(UnrecognizedPropertyException unknown) {
        return unknown.getKnownPropertyIds().stream().map(Object::toString).toList();
    }

    private String words(JacksonException e) {
        String name = name(e);
        YamlNode node = root;
        String origin = root.origin();
        for (JacksonException.Reference step : e.getPath()) {
            String field = step.getPropertyName();
            node = node == null ? null : node.child(field, step.getIndex());
            origin = node == null ? origin : node.origin();
        }
        return (origin.isEmpty() ? "" : origin + ": ") + name + ": " + what(e, name, node);
    }

    private static String what(JacksonException e, CharSequence name, @Nullable YamlNode node) {
        if (e instanceof UnrecognizedPropertyException unknown) {
            return "no such setting" + NearestName.hint(unknown.getPropertyName(), names(unknown));
        }
        if (e instanceof ValueInstantiationException && e.getCause() != null) {
            return String.valueOf(e.getCause().getMessage());
        }
        String wanted =
                e instanceof MismatchedInputException mismatch
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

    /** Without any value. */
    @Override
    public String toString() {
        return "app.config " + new TreeSet<>(root.names());
    }

    /** 0 and false are said, not assumed. */
    private static final class PrimitivesRequired extends JacksonAnnotationIntrospector {
        private static final long serialVersionUID = 1;

        @Override
        public Boolean hasRequiredMarker(MapperConfig<?> config, AnnotatedMember member) {
            return member.getRawType().isPrimitive();
        }
    }

    /** As ours are written: {@code 30s}. */
    private static final class OurDuration extends StdScalarDeserializer<Duration> {
        OurDuration() {
            super(Duration.class);
        }

        @Override
        public Duration deserialize(JsonParser parser, DeserializationContext context) {
            String text = parser.getValueAsString();
            try {
                return DURATION.reader().apply(text == null ? "" : text);
            } catch (IllegalArgumentException e) {
                throw context.weirdStringException(text, Duration.class, "no duration");
            }
        }
    }
}
