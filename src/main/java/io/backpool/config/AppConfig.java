package io.backpool.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The application to serve; all null: the built-in showcase.
 *
 * @param className null: the one that the jar names for {@code ServiceLoader}
 * @param warmUp paths that a member is asked for before it is ready
 * @param program any other program that the members are; null: they are Java applications
 * @param settings its own
 */
public record AppConfig(
        @Nullable Path jar,
        @Nullable String className,
        List<String> warmUp,
        @Nullable ProgramConfig program,
        AppSettings settings) {
    static final KeyList KEYS = new KeyList();

    static final Key<Path> JAR =
            KEYS.add("app.jar", ValueType.PATH, null, "Application's jar; absent: the showcase.");
    static final Key<String> CLASS =
            KEYS.add(
                    "app.class",
                    ValueType.TEXT,
                    null,
                    "Application's class; absent: the one that the jar names.");
    static final Key<Path> CONFIG =
            KEYS.add(
                    "app.config",
                    ValueType.PATH,
                    null,
                    "The application's own settings: a section of any YAML here, or a YAML file.");

    static final Key<List<String>> WARM_UP =
            KEYS.add(
                    "app.warm-up",
                    ValueType.URL_PATHS,
                    null,
                    "Paths that a member that starts is asked for, in this order, before it gets"
                            + " clients; 10 s at most.");

    public AppConfig {
        warmUp = List.copyOf(warmUp);
    }

    /**
     * @param file what {@code app.config} names
     */
    static AppConfig read(
            Settings from,
            PoolConfig pool,
            List<BalancerConfig> balancers,
            ConfigSnapshot.TextFile file) {
        List<String> warmUp = from.valueOrNull(WARM_UP);
        return new AppConfig(
                from.valueOrNull(JAR),
                from.valueOrNull(CLASS),
                warmUp == null ? List.of() : warmUp,
                new ProgramReader(from).read(pool, balancers),
                AppSettings.read(from, file));
    }
}
