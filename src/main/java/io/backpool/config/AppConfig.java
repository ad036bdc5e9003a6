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
    /**
     * @param file what {@code app.config} names
     */
    static AppConfig read(
            Settings from,
            PoolConfig pool,
            List<BalancerConfig> balancers,
            ConfigSnapshot.TextFile file) {
        return new AppConfig(
                from.valueOrNull(Keys.APP_JAR),
                from.valueOrNull(Keys.APP_CLASS),
                new ProgramReader(from).read(pool, balancers),
                AppSettings.read(from, file));
    }
}
