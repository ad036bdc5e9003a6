package io.backpool.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A real server as a process of the test's own: what it prints goes to a file, it is waited for by
 * condition and ended by pid. Used by one thread.
 */
public final class ServerProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final Path log;
    private final List<String> command;

    private ServerProcess(Process process, Path log, List<String> command) {
        this.process = process;
        this.log = log;
        this.command = command;
    }

    /** Starts {@code command} in {@code directory}; its output goes to {@code log}. */
    public static ServerProcess start(
            Path directory, Path log, Map<String, String> environment, List<String> command) {
        var builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true).redirectOutput(log.toFile());
        try {
            return new ServerProcess(builder.start(), log, command);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command.get(0), e);
        }
    }

    /** The first of these programs that this machine has; fails the test loudly if it has none. */
    public static String program(String... candidates) {
        return Stream.of(candidates)
                .flatMap(
                        name ->
                                Stream.of("/usr/sbin", "/usr/bin", "/usr/local/bin", "/sbin")
                                        .map(folder -> new File(folder, name)))
                .filter(File::canExecute)
                .findFirst()
                .orElseThrow(
                        () ->
                                new AssertionError(
                                        "this test needs "
                                                + String.join(" or ", candidates)
                                                + ": run bin/test, which installs it"))
                .getPath();
    }

    public ServerProcess awaitPort(int port) {
        return await("port " + port + " to open", () -> Ports.isOpen(port));
    }

    public ServerProcess awaitLog(String text) {
        return await("'" + text + "' in the log", () -> log().contains(text));
    }

    /** Waits for {@code condition}; fails with the server's log if it ends or time runs out. */
    public ServerProcess await(String what, BooleanSupplier condition) {
        return await(what, PATIENCE, condition);
    }

    /** The same, so long at most. */
    public ServerProcess await(String what, Duration patience, BooleanSupplier condition) {
        Instant deadline = Instant.now().plus(patience);
        while (!condition.getAsBoolean()) {
            if (!process.isAlive() && !condition.getAsBoolean()) {
                throw new AssertionError(
                        command + " ended with " + process.exitValue() + ":\n" + log());
            }
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError(command + ": waited in vain for " + what + ":\n" + log());
            }
            pause();
        }
        return this;
    }

    public long pid() {
        return process.pid();
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Everything that it printed so far. */
    public String log() {
        try {
            return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a signal by name, such as {@code TERM}. */
    public void signal(String name) {
        signal(name, pid());
    }

    /**
     * Sends a signal to a process of the test's own; a shell has kill even where nothing else is.
     */
    public static void signal(String name, long pid) {
        Command.run(Path.of("."), List.of("sh", "-c", "kill -" + name + " " + pid));
    }

    /** Waits for its end; fails if it does not come. */
    public int awaitExit() {
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError(command + " does not end:\n" + log());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return process.exitValue();
    }

    /** TERM, and after ten seconds KILL, for it and for its children. */
    @Override
    public void close() {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        children.forEach(ProcessHandle::destroyForcibly);
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
