package io.backpool.cli;

import io.backpool.config.ConfigSnapshot;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The command line that a supervisor gives its child: {@code --name=value}, each of them known.
 * Read without picocli, which is compiled for Java 5: no archive of Java 17 takes classes of that
 * age, and to load them was a fifth of a child's start. Used by one thread.
 */
final class ChildArguments {
    private final Map<String, String> values = new LinkedHashMap<>();

    ChildArguments(String... arguments) {
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            values.put(argument.substring(0, equals), argument.substring(equals + 1));
        }
    }

    /** Which member it is. */
    int index() {
        return Integer.parseInt(Objects.requireNonNull(values.get("--index"), "--index"));
    }

    /** The folder of the application's copies; null: it is built in, or lies in no jar. */
    @Nullable Path application() {
        @Nullable String folder = values.get("--application");
        return folder == null ? null : Path.of(folder);
    }

    /** The settings that the supervisor has handed on, for so many members. */
    ConfigSnapshot settings() {
        ConfigSnapshot settings = ConfigSnapshot.ofParent(System.getenv());
        @Nullable String members = values.get("--members");
        return members == null ? settings : settings.with("pool.members", members, "--members");
    }
}
