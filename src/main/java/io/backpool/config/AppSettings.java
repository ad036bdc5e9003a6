package io.backpool.config;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
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
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.exc.ValueInstantiationException;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/**
 * The application's own settings, {@code app.config}. May hold passwords: says none of them.
 * Immutable.
 *
 * @param root a section
 */
public record AppSettings(YamlNode root) {
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
                var mistake = new AppMistake(root, found);
                boolean isNew =
                        (!follows || mistakes.isEmpty())
                                && mistakes.putIfAbsent(mistake.name(), mistake.words()) == null;
                if (follows || !isNew || !mistake.replaceIn(json)) {
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
                return AppMistake.DURATION.reader().apply(text == null ? "" : text);
            } catch (IllegalArgumentException e) {
                throw context.weirdStringException(text, Duration.class, "no duration");
            }
        }
    }
}
