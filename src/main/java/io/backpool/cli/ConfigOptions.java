package io.backpool.cli;

import io.backpool.config.Config;
import io.backpool.config.ConfigSnapshot;
import io.backpool.config.Key;
import io.backpool.config.Keys;
import io.backpool.config.ServiceUrl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The settings as flags: one a {@link Key}, and {@code --config}. */
final class ConfigOptions {
    /** The file that is read where no other is named and this one exists. */
    private static final Path DEFAULT_FILE = Path.of("backend.yaml");

    /** Stands for {@code --config}; no setting. */
    static final String VARIABLE = "BACKPOOL_CONFIG";

    private ConfigOptions() {}

    /** Gives a command all the flags. */
    static void addTo(CommandSpec command) {
        command.addOption(
                OptionSpec.builder("--config")
                        .paramLabel("FILE")
                        .type(String.class)
                        .description(
                                "Settings; default: $BACKPOOL_CONFIG, else ./backend.yaml where"
                                        + " it exists.")
                        .build());
        command.usageMessage().abbreviateSynopsis(true);
        var settings =
                ArgGroupSpec.builder()
                        .heading(
                                "%nSettings, each also a key of backend.yaml and a variable"
                                        + " BACKPOOL_...:%n")
                        .validate(false)
                        .exclusive(false);
        Keys.ALL.forEach(key -> settings.addArg(option(key)));
        command.addArgGroup(settings.build());
    }

    private static OptionSpec option(Key<?> key) {
        String defaults = key.defaultText() == null ? "" : " Default: " + key.defaultText();
        var option = OptionSpec.builder(key.flag()).description(key.help() + defaults);
        if (key.isSwitch()) {
            return option.type(Boolean.class).arity("0").negatable(true).build();
        }
        option.paramLabel(key.label());
        return key.isRepeated()
                ? option.type(List.class).auxiliaryTypes(String.class).arity("1").build()
                : option.type(String.class).build();
    }

    /**
     * Reads the configuration that this command line asks for. The files that it names are the
     * pool's: who runs a command beside it need not be able to read or write them.
     *
     * @throws io.backpool.config.ConfigException with every mistake
     */
    static Config read(CommandSpec command) {
        return snapshot(command).readSettings();
    }

    /** Takes what this command line, the environment and the file say now. */
    static ConfigSnapshot snapshot(CommandSpec command) {
        Map<String, String> variables = new HashMap<>(System.getenv());
        variables.remove(VARIABLE);
        return ConfigSnapshot.take(file(command), variables, flags(command));
    }

    /**
     * The flags of this command line, for a command that is to run in another directory.
     *
     * @throws ParameterException if one holds a password: everybody could read it
     */
    static List<String> asGiven(CommandSpec command) {
        @Nullable Path file = file(command);
        Map<Key<?>, String> flags = flags(command);
        flags.forEach(
                (key, text) -> {
                    if (key.label().startsWith("URL")
                            && !new ServiceUrl(text).toString().equals(text)) {
                        throw new ParameterException(
                                command.commandLine(),
                                key.flag() + " holds a password: put it into backend.yaml");
                    }
                });
        return written(file == null ? null : file.toAbsolutePath().toString(), flags);
    }

    private static List<String> written(@Nullable String file, Map<Key<?>, String> flags) {
        List<String> settings = new ArrayList<>();
        if (file != null) {
            settings.add("--config=" + file);
        }
        flags.forEach(
                (key, text) -> {
                    if (key.isSwitch()) {
                        boolean on = text.equals("true");
                        settings.add(on ? key.flag() : "--no-" + key.flag().substring(2));
                    } else {
                        settings.add(key.flag() + "=" + text);
                    }
                });
        return settings;
    }

    private static @Nullable Path file(CommandSpec command) {
        @Nullable String named =
                command.commandLine()
                        .getParseResult()
                        .matchedOptionValue("--config", System.getenv(VARIABLE));
        return named != null ? Path.of(named) : Files.exists(DEFAULT_FILE) ? DEFAULT_FILE : null;
    }

    private static Map<Key<?>, String> flags(CommandSpec command) {
        ParseResult parsed = command.commandLine().getParseResult();
        Map<Key<?>, String> flags = new LinkedHashMap<>();
        for (Key<?> key : Keys.ALL) {
            @Nullable Object value = parsed.matchedOptionValue(key.flag(), null);
            if (value != null) {
                flags.put(key, text(value));
            }
        }
        return flags;
    }

    /** A flag that was repeated is given in one text. */
    private static String text(Object value) {
        return value instanceof List<?> several
                ? several.stream().map(String::valueOf).collect(Collectors.joining(" "))
                : value.toString();
    }
}
