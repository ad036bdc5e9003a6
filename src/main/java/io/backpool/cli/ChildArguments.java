package io.backpool.cli;

import io.backpool.config.Config;
import io.backpool.config.ConfigReader;
import io.backpool.config.Key;
import io.backpool.config.Keys;
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

    /**
     * Reads the configuration as if these flags were there as well.
     *
     * @param overriding by the name of the key
     * @throws io.backpool.config.ConfigException with every mistake
     */
    Config read(Map<String, String> overriding) {
        Map<Key<?>, String> flags = new LinkedHashMap<>();
        for (Key<?> key : Keys.ALL) {
            @Nullable String text = overriding.getOrDefault(key.name(), values.get(key.flag()));
            if (text != null) {
                flags.put(key, text);
            }
        }
        @Nullable String file = values.get("--config");
        return ConfigReader.read(file == null ? null : Path.of(file), System.getenv(), flags);
    }
}
