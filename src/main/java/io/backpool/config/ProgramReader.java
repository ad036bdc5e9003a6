package io.backpool.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The part of {@link ConfigReader} that is about {@code app.command}. Used by its thread. */
final class ProgramReader {
    /** What each variable of the section begins with. */
    static final String VARIABLE = ProgramConfig.ENVIRONMENT.name() + ".";

    private final Settings from;

    ProgramReader(Settings from) {
        this.from = from;
    }

    /** Null: there is no program. */
    @Nullable ProgramConfig read(PoolConfig pool, List<BalancerConfig> balancers) {
        List<String> command = from.valueOrNull(ProgramConfig.COMMAND);
        if (command == null) {
            return null;
        }
        String health = from.value(ProgramConfig.HEALTH);
        List<String> watch = from.valueOrNull(ProgramConfig.WATCH);
        var program =
                new ProgramConfig(
                        command,
                        from.value(ProgramConfig.DIRECTORY),
                        from.value(ProgramConfig.PROTOCOL),
                        health.equals("tcp") ? null : health,
                        from.value(ProgramConfig.HEALTH_INTERVAL),
                        from.value(ProgramConfig.HEALTH_TIMEOUT),
                        from.value(ProgramConfig.HEALTH_FAILURES),
                        from.value(ProgramConfig.START_TIMEOUT),
                        from.value(ProgramConfig.STOP_SIGNAL),
                        from.value(ProgramConfig.KEEP_ALIVE),
                        environment(),
                        from.valueOrNull(ProgramConfig.ENVIRONMENT_FILE),
                        watch == null ? List.of() : watch.stream().map(Path::of).toList(),
                        from.valueOrNull(ProgramConfig.METRICS),
                        from.valueOrNull(ProgramConfig.STICKY_COOKIE),
                        from.value(ProgramConfig.STICKY_ROUTE));
        check(program, pool, balancers);
        if (from.lookAtFiles()) {
            checkFiles(program);
        }
        return program;
    }

    private Map<String, String> environment() {
        Map<String, String> variables = new LinkedHashMap<>();
        List<String> words = from.valueOrNull(ProgramConfig.ENVIRONMENT);
        if (words != null) {
            for (String word : words) {
                String[] pair = word.split("=", 2);
                variables.put(pair[0], pair[1]);
            }
        }
        from.under(VARIABLE).forEach(variables::putIfAbsent);
        return variables;
    }

    private void check(ProgramConfig program, PoolConfig pool, List<BalancerConfig> balancers) {
        for (Key<?> other : List.of(AppConfig.JAR, AppConfig.CLASS, AppConfig.CONFIG)) {
            if (from.isSet(other)) {
                from.mistake(
                        ProgramConfig.COMMAND,
                        "stands beside " + other.name() + ": the members are one or the other");
            }
        }
        if (from.isSet(TlsConfig.Use.MEMBERS.certificate())) {
            from.mistake(
                    TlsConfig.Use.MEMBERS.certificate(),
                    "stands beside app.command: the pool does not see what goes to a program");
        }
        Stream.concat(program.command().stream(), program.environment().values().stream())
                .flatMap(text -> ProgramConfig.unknown(text).stream())
                .distinct()
                .forEach(
                        name ->
                                from.mistake(
                                        ProgramConfig.COMMAND,
                                        "{%s} means nothing, there are {%s}"
                                                .formatted(
                                                        name,
                                                        String.join(
                                                                "} {",
                                                                ProgramConfig.PLACEHOLDERS.stream()
                                                                        .sorted()
                                                                        .toList()))));
        boolean ajp = program.protocol() == ProgramConfig.Protocol.AJP;
        if (ajp && !pool.hasAjp()) {
            from.mistake(ProgramConfig.PROTOCOL, "ajp needs pool.ajp-port, which is 0");
        }
        if (ajp && from.isSet(AppConfig.WARM_UP)) {
            from.mistake(AppConfig.WARM_UP, "a path can't be asked for over AJP: leave it out");
        }
        if (ajp && program.health() != null) {
            from.mistake(
                    ProgramConfig.HEALTH,
                    "a path can't be asked for over AJP: say tcp, which is CPING");
        }
        for (BalancerConfig balancer : balancers) {
            if (ajp != (balancer.protocol() == BalancerConfig.Protocol.AJP)) {
                from.mistake(
                        ProgramConfig.PROTOCOL,
                        "is %s, but the balancer %s speaks %s"
                                .formatted(
                                        ajp ? "ajp" : "http",
                                        balancer.label(),
                                        balancer.protocol().scheme()));
            }
        }
    }

    private void checkFiles(ProgramConfig program) {
        Path directory = program.directory();
        if (!Files.isDirectory(directory)) {
            from.mistake(ProgramConfig.DIRECTORY, directory + " is not a directory");
            return;
        }
        String missing = missing(program);
        if (missing != null) {
            from.mistake(ProgramConfig.COMMAND, missing);
        }
        for (Path watched : program.watch()) {
            if (!Files.isReadable(directory.resolve(watched))) {
                from.mistake(ProgramConfig.WATCH, watched + " is not readable in " + directory);
            }
        }
        if (program.environmentFile() != null) {
            from.checkSecret(ProgramConfig.ENVIRONMENT_FILE, program.environmentFile());
            checkVariables(program.environmentFile());
        }
    }

    private void checkVariables(Path file) {
        try {
            variables(file);
        } catch (IOException e) {
            from.mistake(ProgramConfig.ENVIRONMENT_FILE, String.valueOf(e.getMessage()));
        }
    }

    /**
     * The variables of an environment file: {@code NAME=value} lines, empty ones, and comments that
     * begin with {@code #}. A value is taken as it is: quotes are part of it.
     *
     * @throws IOException if it can't be read, or has another line: says which
     */
    static Map<String, String> variables(Path file) throws IOException {
        Map<String, String> variables = new LinkedHashMap<>();
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            try {
                String word =
                        ProgramConfig.ENVIRONMENT
                                .type()
                                .reader()
                                .apply(ValueType.escaped(line))
                                .get(0);
                variables.put(word.split("=", 2)[0], word.split("=", 2)[1]);
            } catch (IllegalArgumentException e) {
                throw new IOException(file + ":" + number + ": is not NAME=value");
            }
        }
        return variables;
    }

    /** What is needed to start it and is not there; null: nothing. */
    private static @Nullable String missing(ProgramConfig program) {
        String path =
                program.environment()
                        .getOrDefault(
                                "PATH", Objects.requireNonNullElse(System.getenv("PATH"), ""));
        for (String helper : List.of("setsid", "setpriv")) {
            if (missing(helper, Path.of(""), System.getenv("PATH")) != null) {
                return "needs " + helper + " of util-linux, which is not in PATH";
            }
        }
        return missing(program.command().get(0), program.directory(), path);
    }

    private static @Nullable String missing(
            String name, Path directory, @Nullable String searchPath) {
        if (name.isBlank()) {
            return "names no program";
        }
        if (name.contains("/")) {
            Path file = directory.resolve(name).normalize();
            return !Files.exists(file)
                    ? file + ": no such file"
                    : Files.isDirectory(file)
                            ? file + " is a directory"
                            : Files.isExecutable(file)
                                    ? null
                                    : file + " is not executable: chmod +x " + file;
        }
        boolean found =
                Stream.of(Objects.requireNonNullElse(searchPath, "").split(":"))
                        .map(folder -> directory.resolve(folder).resolve(name))
                        .anyMatch(file -> Files.isRegularFile(file) && Files.isExecutable(file));
        return found ? null : name + " is not in PATH";
    }
}
