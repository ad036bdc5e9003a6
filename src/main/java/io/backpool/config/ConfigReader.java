package io.backpool.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads the configuration: flag before environment variable before file before default. Reports
 * every mistake, not only the first. Used by one thread.
 */
public final class ConfigReader {
    /** The file that is read where no other is named and this one exists. */
    public static final Path DEFAULT_FILE = Path.of("backend.yaml");

    private static final String VARIABLE_PREFIX = "BACKPOOL_";

    private final Map<String, Setting> settings = new HashMap<>();
    private final List<String> mistakes = new ArrayList<>();

    private ConfigReader() {}

    /**
     * Reads everything that was said.
     *
     * @param file as named by {@code --config}; null: {@link #DEFAULT_FILE} where it exists
     * @param environment all of it; what does not start with {@code BACKPOOL_} is not looked at
     * @param flags the text of each key that has a flag on the command line
     * @throws ConfigException with every mistake
     */
    public static Config read(
            @Nullable Path file, Map<String, String> environment, Map<Key<?>, String> flags) {
        var reader = new ConfigReader();
        reader.addFile(file);
        reader.addEnvironment(environment);
        flags.forEach((key, text) -> reader.add(key, text, key.flag()));
        Config config = reader.config();
        if (!reader.mistakes.isEmpty()) {
            throw new ConfigException(reader.mistakes);
        }
        return config;
    }

    private void addFile(@Nullable Path named) {
        if (named == null && !Files.exists(DEFAULT_FILE)) {
            return;
        }
        Map<String, Key<?>> keys = byName(Key::name);
        ConfigFile.read(named == null ? DEFAULT_FILE : named, mistakes)
                .forEach(
                        (name, setting) -> {
                            if (keys.containsKey(name)) {
                                settings.put(name, setting);
                            } else {
                                unknown(setting.origin() + ": " + name, name, keys);
                            }
                        });
    }

    private void addEnvironment(Map<String, String> environment) {
        Map<String, Key<?>> keys = byName(Key::variable);
        environment.keySet().stream()
                .filter(name -> name.startsWith(VARIABLE_PREFIX))
                .sorted()
                .forEach(
                        name -> {
                            Key<?> key = keys.get(name);
                            if (key == null) {
                                unknown(name, name, keys);
                            } else {
                                add(key, Objects.requireNonNull(environment.get(name)), name);
                            }
                        });
    }

    private void add(Key<?> key, String text, String origin) {
        settings.put(key.name(), new Setting(text, origin));
    }

    private Config config() {
        var pool =
                new PoolConfig(
                        value(Keys.POOL_NAME),
                        value(Keys.MEMBERS),
                        value(Keys.ROUTE_PREFIX),
                        value(Keys.BIND),
                        value(Keys.HTTP_PORT),
                        value(Keys.AJP_PORT),
                        valueOrNull(Keys.AJP_SECRET_FILE),
                        value(Keys.DRAIN_TIMEOUT),
                        value(Keys.BLOCKING),
                        valueOrNull(Keys.IO_THREADS),
                        valueOrNull(Keys.MAX_THREADS));
        var limits =
                new LimitsConfig(
                        Math.toIntExact(value(Keys.HEADER_SIZE)),
                        value(Keys.BODY_SIZE),
                        value(Keys.HEADER_TIMEOUT),
                        value(Keys.IDLE_TIMEOUT),
                        value(Keys.REQUEST_TIMEOUT),
                        value(Keys.CONNECTIONS));
        var app = new AppConfig(valueOrNull(Keys.APP_JAR), valueOrNull(Keys.APP_CLASS));
        var admin = new AdminConfig(value(Keys.ADMIN_BIND), value(Keys.ADMIN_PORT));
        checkPorts(pool, admin);
        checkFiles(pool, app);
        if (pool.blocking() == PoolConfig.Blocking.VIRTUAL && Runtime.version().feature() < 21) {
            mistake(
                    Keys.BLOCKING,
                    "virtual needs Java 21 or later, this is Java " + Runtime.version().feature());
        }
        return new Config(pool, limits, app, admin);
    }

    private void checkPorts(PoolConfig pool, AdminConfig admin) {
        List<PortRange> ranges = new ArrayList<>();
        ranges.add(new PortRange(Keys.HTTP_PORT, pool.httpPort(), pool.members()));
        if (pool.hasAjp()) {
            ranges.add(new PortRange(Keys.AJP_PORT, pool.ajpPort(), pool.members()));
        }
        ranges.add(new PortRange(Keys.ADMIN_PORT, admin.port(), 1));
        for (int i = 0; i < ranges.size(); i++) {
            PortRange range = ranges.get(i);
            if (range.last() > 65_535) {
                mistake(range.key(), range.does("end") + " above 65535");
            }
            for (PortRange other : ranges.subList(0, i)) {
                if (range.overlaps(other)) {
                    mistake(
                            range.key(),
                            range.does("overlap") + " " + other + " of " + other.key().name());
                }
            }
        }
    }

    private void checkFiles(PoolConfig pool, AppConfig app) {
        if (app.jar() != null && !Files.isReadable(app.jar())) {
            mistake(Keys.APP_JAR, app.jar() + " is not a readable file");
        }
        if (pool.ajpSecretFile() != null && !Files.isReadable(pool.ajpSecretFile())) {
            mistake(Keys.AJP_SECRET_FILE, pool.ajpSecretFile() + " is not a readable file");
        }
    }

    /** The value, or the default where the text is a mistake, so that reading can go on. */
    private <T> T value(Key<T> key) {
        return Objects.requireNonNullElseGet(
                valueOrNull(key),
                () -> key.type().reader().apply(Objects.requireNonNull(key.defaultText())));
    }

    private <T> @Nullable T valueOrNull(Key<T> key) {
        Setting setting = settings.get(key.name());
        String text = setting == null ? key.defaultText() : setting.text();
        if (text == null) {
            return null;
        }
        try {
            return key.type().reader().apply(text);
        } catch (IllegalArgumentException e) {
            mistake(key, "was " + quoted(text) + ", must be " + key.allowed());
            return null;
        }
    }

    private void mistake(Key<?> key, String what) {
        Setting setting = settings.get(key.name());
        String place = setting == null ? key.name() : setting.origin() + ": " + key.name();
        mistakes.add(place + ": " + what);
    }

    private void unknown(String place, String name, Map<String, Key<?>> known) {
        String hint = nearest(name, known).map(near -> ", did you mean " + near + "?").orElse("");
        mistakes.add(place + ": no such setting" + hint);
    }

    private static Map<String, Key<?>> byName(Function<Key<?>, String> name) {
        return Keys.ALL.stream().collect(Collectors.toMap(name, Function.identity()));
    }

    private static Optional<String> nearest(String name, Map<String, Key<?>> known) {
        int tolerated = Math.max(2, name.length() / 3);
        return known.keySet().stream()
                .filter(candidate -> distance(name, candidate) <= tolerated)
                .min(
                        Comparator.comparingInt((String candidate) -> distance(name, candidate))
                                .thenComparing(Comparator.naturalOrder()));
    }

    /** Levenshtein's distance. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                current[j] =
                        Math.min(
                                Math.min(current[j - 1], previous[j]) + 1,
                                previous[j - 1] + change);
            }
            previous = current;
        }
        return previous[b.length()];
    }

    private static String quoted(String text) {
        return text.isEmpty() ? "''" : text;
    }

    private record PortRange(Key<?> key, int first, int count) {
        int last() {
            return first + count - 1;
        }

        boolean overlaps(PortRange other) {
            return first <= other.last() && other.first <= last();
        }

        /** This range as the subject of a sentence. */
        String does(String verb) {
            return this + " " + verb + (count == 1 ? "s" : "");
        }

        @Override
        public String toString() {
            return count == 1 ? "port " + first : "ports " + first + " to " + last();
        }
    }
}
