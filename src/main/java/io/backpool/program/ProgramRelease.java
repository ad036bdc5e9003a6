package io.backpool.program;

import io.backpool.config.Config;
import io.backpool.config.ConfigException;
import io.backpool.config.ConfigSnapshot;
import io.backpool.config.PoolConfig;
import io.backpool.config.ProgramConfig;
import io.backpool.config.Sha256;
import io.backpool.pool.Release;
import io.backpool.server.WarmUp;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A program with its settings as of one moment. Its files are not copied: what is overwritten in
 * {@link #directory} reaches the next run. Immutable.
 *
 * @param snapshot the settings, as the operator wrote them
 * @param directory where it runs, without symbolic links
 * @param warmUp paths that a run is asked for before it is ready
 * @param secrets the variables of {@code app.environment-file}
 * @param version the beginning of a SHA-256: of what is watched, else of command and directory
 * @param instead the directory that was asked for; null: the one of the settings
 */
record ProgramRelease(
        ConfigSnapshot snapshot,
        PoolConfig settings,
        ProgramConfig program,
        Path directory,
        List<String> warmUp,
        Map<String, String> secrets,
        String version,
        @Nullable Path instead)
        implements Release {
    /** In the environment of each run: its mark, by which what it leaves behind is found. */
    static final String MARK = "BACKPOOL_RUN";

    private static final int VERSION_LENGTH = 10;

    /**
     * Takes what is there now.
     *
     * @throws ConfigException if the settings are wrong
     * @throws IOException if a file that they name can't be read
     */
    static ProgramRelease take(ConfigSnapshot snapshot, @Nullable Path instead) throws IOException {
        Config config =
                (instead == null
                                ? snapshot
                                : snapshot.with("app.directory", instead.toString(), "--to"))
                        .read();
        ProgramConfig program = config.app().program();
        if (program == null) {
            throw new ConfigException("app.command is missing");
        }
        Path directory = program.directory().toRealPath();
        return new ProgramRelease(
                snapshot,
                config.pool(),
                program,
                directory,
                config.app().warmUp(),
                program.secretVariables(),
                version(program, directory),
                instead);
    }

    private static String version(ProgramConfig program, Path directory) throws IOException {
        MessageDigest digest = Sha256.start();
        try (var out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
            for (Path watched : program.watch()) {
                addAll(directory, directory.resolve(watched), out);
            }
            if (program.watch().isEmpty()) {
                out.write((program.command() + "\n" + directory).getBytes(StandardCharsets.UTF_8));
            }
        }
        return HexFormat.of().formatHex(digest.digest()).substring(0, VERSION_LENGTH);
    }

    private static void addAll(Path directory, Path watched, OutputStream out) throws IOException {
        try (Stream<Path> files = Files.walk(watched)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                out.write((directory.relativize(file) + "\0").getBytes(StandardCharsets.UTF_8));
                try (InputStream in = Files.newInputStream(file)) {
                    in.transferTo(out);
                }
            }
        }
    }

    /** Whether it runs the same program in the same place with the same settings. */
    boolean isSame(ProgramRelease other) {
        return version.equals(other.version)
                && directory.equals(other.directory)
                && secrets.equals(other.secrets)
                && snapshot.saysTheSame(other.snapshot);
    }

    @Override
    public Duration startTimeout() {
        Duration own = program.startTimeout();
        return warmUp.isEmpty() ? own : own.plus(WarmUp.LONGEST);
    }

    /**
     * Member {@code index}, not started yet: the leader of a session of its own, which Linux ends
     * when the thread that starts it ends (PR_SET_PDEATHSIG of prctl(2)).
     */
    ProcessBuilder process(int index, String mark, @Nullable String notify) throws IOException {
        Map<String, String> values = values(index);
        List<String> command =
                new ArrayList<>(List.of("setsid", "setpriv", "--pdeathsig", "KILL", "--"));
        program.command().forEach(word -> command.add(ProgramConfig.fill(word, values)));
        var process = new ProcessBuilder(command).directory(directory.toFile());
        Map<String, String> environment = process.environment();
        environment.keySet().removeIf(name -> name.startsWith("BACKPOOL_"));
        if (notify != null) {
            environment.put("NOTIFY_SOCKET", notify);
        }
        environment.putAll(secrets);
        program.environment()
                .forEach((name, value) -> environment.put(name, ProgramConfig.fill(value, values)));
        environment.put("BACKPOOL_ROUTE", settings.route(index));
        environment.put("BACKPOOL_MEMBER", Integer.toString(index));
        environment.put("PORT", Integer.toString(program.port(settings, index)));
        environment.put(MARK, mark);
        return process;
    }

    private Map<String, String> values(int index) throws IOException {
        String route = settings.route(index);
        Path data = Files.createDirectories(Path.of("data", "members", route).toAbsolutePath());
        return Map.of(
                "port", Integer.toString(settings.httpPort(index)),
                "ajp-port", Integer.toString(settings.hasAjp() ? settings.ajpPort(index) : 0),
                "ajp-secret-file", settings.ajpSecretPath().toAbsolutePath().toString(),
                "route", route,
                "member", Integer.toString(index),
                "socket", data.resolve("socket").toString(),
                "data", data.toString());
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return version;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(version);
    }
}
