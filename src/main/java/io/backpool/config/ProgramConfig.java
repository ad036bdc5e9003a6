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
