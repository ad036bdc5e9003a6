package io.backpool.config;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Any program as member.
 *
 * @param command program and arguments, with {@link #PLACEHOLDERS}; not empty
 * @param health path that answers 2xx; null: that it accepts connections is enough
 * @param healthFailures in a row after which it is replaced
 * @param stopSignal such as {@code TERM}
 * @param keepAlive how long it keeps an idle connection open
 * @param environment by name, with {@link #PLACEHOLDERS}
 * @param environmentFile null: none
 * @param watch relative to the directory
 * @param metrics path for Prometheus; null: it has none
 * @param stickyCookie null: clients stick to no member
 */
public record ProgramConfig(
        List<String> command,
        Path directory,
        Protocol protocol,
        @Nullable String health,
        Duration healthInterval,
        Duration healthTimeout,
        int healthFailures,
        Duration startTimeout,
        String stopSignal,
        Duration keepAlive,
        Map<String, String> environment,
        @Nullable Path environmentFile,
        List<Path> watch,
        @Nullable String metrics,
        @Nullable String stickyCookie,
        StickyRoute stickyRoute) {
    private static final Pattern SIGNAL_NAME = Pattern.compile("TERM|INT|QUIT|HUP|USR1|USR2|WINCH");

    /** One that can mean a program that it is to end. */
    private static final ValueType<String> SIGNAL =
            new ValueType<>(
                    "SIGNAL",
                    "one of TERM, INT, QUIT, HUP, USR1, USR2, WINCH",
                    text -> ValueType.matching(SIGNAL_NAME, text).group());

    private static final ValueType<String> HEALTH_TYPE =
            new ValueType<>(
                    "PATH|tcp",
                    "a path such as /healthz, or tcp",
                    text ->
                            text.equals("tcp")
                                    ? text
                                    : ValueType.matching(ValueType.PATH_OF_URL, text).group());

    static final KeyList KEYS = new KeyList();

    static final Key<List<String>> COMMAND =
            KEYS.add(
                    "app.command",
                    ValueType.WORDS,
                    null,
                    "Any program as member, without a shell; {port} {ajp-port} {ajp-secret-file}"
                            + " {route} {member} {socket} {data} stand for the member's own.");
    static final Key<Path> DIRECTORY =
            KEYS.add(
                    "app.directory",
                    ValueType.PATH,
                    ".",
                    "Where the program runs; a symbolic link is followed when a version is"
                            + " taken.");
    static final Key<Protocol> PROTOCOL =
            KEYS.add(
                    "app.protocol",
                    ValueType.choice(Protocol.class),
                    "http",
                    "What the program listens for, on {port} or {ajp-port}.");
    static final Key<String> HEALTH =
            KEYS.add(
                    "app.health",
                    HEALTH_TYPE,
                    "tcp",
                    "Path that answers 2xx while the program is well, or tcp: it accepts"
                            + " connections (AJP: it answers CPING).");
    static final Key<Duration> HEALTH_INTERVAL =
            KEYS.add(
                    "app.health-interval",
                    ValueType.duration(Duration.ofMillis(100), Duration.ofSeconds(5)),
                    "1s",
                    "Time between two health checks, httpd's too.");
    static final Key<Duration> HEALTH_TIMEOUT =
            KEYS.add(
                    "app.health-timeout",
                    ValueType.duration(Duration.ofMillis(100), Duration.ofSeconds(4)),
                    "3s",
                    "Longest time for an answer.");
    static final Key<Integer> HEALTH_FAILURES =
            KEYS.add(
                    "app.health-failures",
                    ValueType.integer(1, 100),
                    "3",
                    "A program is replaced after so many failed checks in a row.");
    static final Key<Duration> START_TIMEOUT =
            KEYS.add(
                    "app.start-timeout",
                    ValueType.UP_TO_AN_HOUR,
                    "60s",
                    "How long a start may take until the program listens and is well.");
    static final Key<String> STOP_SIGNAL =
            KEYS.add(
                    "app.stop-signal",
                    SIGNAL,
                    "TERM",
                    "Asks the drained program to end; KILL follows after pool.drain-timeout.");
    static final Key<Duration> KEEP_ALIVE =
            KEYS.add(
                    "app.keep-alive",
                    ValueType.duration(Duration.ofSeconds(2), Duration.ofHours(1)),
                    "5s",
                    "The program closes an idle connection after this; httpd's ttl is kept below"
                            + " it.");
    static final Key<List<String>> ENVIRONMENT =
            KEYS.add(
                    "app.environment",
                    ValueType.VARIABLES,
                    null,
                    "Variables of the program's environment; in the file a section of NAME: value"
                            + " lines.");
    static final Key<Path> ENVIRONMENT_FILE =
            KEYS.add(
                    "app.environment-file",
                    ValueType.PATH,
                    null,
                    "File with NAME=value lines for the same, not readable by others: secrets.");
    static final Key<List<String>> WATCH =
            KEYS.add(
                    "app.watch",
                    ValueType.WORDS,
                    null,
                    "Files and folders, in app.directory, whose content names the version.");
    static final Key<String> METRICS =
            KEYS.add(
                    "app.metrics",
                    ValueType.URL_PATH,
                    null,
                    "Path of the program's own metrics for Prometheus, shown in /targets.");
    static final Key<String> STICKY_COOKIE =
            KEYS.add(
                    "app.sticky-cookie",
                    ValueType.SAFE_NAME,
                    null,
                    "Cookie by which httpd sends a client to the member that it was with; absent:"
                            + " to any.");
    static final Key<StickyRoute> STICKY_ROUTE =
            KEYS.add(
                    "app.sticky-route",
                    ValueType.choice(StickyRoute.class),
                    "program",
                    "Who ends the cookie in .ROUTE: the program, or httpd, which then sets the"
                            + " cookie.");

    /** What stands in braces for something of the member's own. */
    public static final Set<String> PLACEHOLDERS =
            Set.of("port", "ajp-port", "ajp-secret-file", "route", "member", "socket", "data");

    /** Of what else stands in braces nothing is meant. */
    static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-z][a-z-]*)}");

    public ProgramConfig {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        watch = List.copyOf(watch);
    }

    /** What the program listens for. */
    public enum Protocol {
        HTTP,
        AJP
    }

    /** Who says in the cookie which member it is for. */
    public enum StickyRoute {
        /** The program, which knows BACKPOOL_ROUTE. */
        PROGRAM,
        /** httpd, in a cookie that it sets itself. */
        BALANCER
    }

    /** The port that member {@code index} listens on. */
    public int port(PoolConfig pool, int index) {
        return protocol == Protocol.AJP ? pool.ajpPort(index) : pool.httpPort(index);
    }

    /** The text with each placeholder's value in its place. */
    public static String fill(String text, Map<String, String> values) {
        return PLACEHOLDER
                .matcher(text)
                .replaceAll(
                        found ->
                                Matcher.quoteReplacement(
                                        values.getOrDefault(found.group(1), found.group())));
    }

    /**
     * The variables of {@link #environmentFile} as they are now.
     *
     * @throws IOException if it can't be read
     */
    public Map<String, String> secretVariables() throws IOException {
        return environmentFile == null ? Map.of() : ProgramReader.variables(environmentFile);
    }

    /** Names in braces that mean nothing. */
    static List<String> unknown(String text) {
        return PLACEHOLDER
                .matcher(text)
                .results()
                .map(found -> found.group(1))
                .filter(name -> !PLACEHOLDERS.contains(name))
                .toList();
    }
}
