package io.backpool.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The application to serve; all null: the built-in showcase.
 *
 * @param className null: the one that the jar names for {@code ServiceLoader}
 * @param program any other program that the members are; null: they are Java applications
 * @param settings its own
 */
public record AppConfig(
        @Nullable Path jar,
        @Nullable String className,
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

    /**
     * @param file what {@code app.config} names
     */
    static AppConfig read(
            Settings from,
            PoolConfig pool,
            List<BalancerConfig> balancers,
            ConfigSnapshot.TextFile file) {
        return new AppConfig(
                from.valueOrNull(JAR),
                from.valueOrNull(CLASS),
                new ProgramReader(from).read(pool, balancers),
                AppSettings.read(from, file));
    }
}
