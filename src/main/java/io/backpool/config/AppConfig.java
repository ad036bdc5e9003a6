package io.backpool.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The application to serve; both null: the built-in showcase.
 *
 * @param className null: the one that the jar names for {@code ServiceLoader}
 */
public record AppConfig(@Nullable Path jar, @Nullable String className) {}
