package io.backpool.cli;

import io.backpool.config.BalancerConfig;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A pool that runs: where its members are by its own status, the rest by the settings of the
 * command, which all pools of a balancer share. Immutable.
 *
 * @param name host and port of its admin listener
 * @param status its {@code /status.json}
 */
record RunningPool(String name, JsonNode status, PoolConfig settings) {
    /**
     * Asks it.
     *
     * @param command the settings of the command
     * @throws CommandFailed if it does not answer, or its members speak otherwise than the
     *     command's
     */
    static RunningPool ask(AdminClient pool, PoolConfig command) {
        return of(pool.name(), pool.get("status.json"), command);
    }

    /** By what it says: as {@link #ask}. */
    static RunningPool of(String name, JsonNode status, PoolConfig command) {
        JsonNode own = status.path("pool");
        PoolConfig there;
        try {
            there =
                    command.at(
                            own.path("host").asString(""),
                            own.path("routePrefix").asString(""),
                            Math.max(1, status.path("members").size()),
                            own.path("httpPort").asInt(0),
                            own.path("ajpPort").asInt(0));
        } catch (IllegalArgumentException e) {
            throw new CommandFailed(
                    ExitCode.UNAVAILABLE,
                    name + " does not say where its members are: is it of this version?");
        }
        if (own.path("tls").asBoolean(false) != (command.tls() != null)) {
            throw new CommandFailed(
                    ExitCode.FAILED,
                    "%s has %s pool.tls, and the settings of this command have %s: run it with the pools' settings (--config)"
                            .formatted(
                                    name,
                                    command.tls() == null ? "a" : "no",
                                    command.tls() == null ? "none" : "one"));
        }
        return new RunningPool(name, status, there);
    }

    /** The settings of the command, with this pool in place of its own. */
    Config in(Config command) {
        return in(command, settings, status);
    }

    /**
     * The settings of a command with what a pool says of itself: its balancers where the command
     * names none.
     */
    static Config in(Config command, PoolConfig pool, JsonNode status) {
        return new Config(
                pool,
                command.balancers().isEmpty() ? balancers(status) : command.balancers(),
                command.trust(),
                command.limits(),
                command.sessions(),
                command.services(),
                command.app(),
                command.accessLog(),
                command.log(),
                command.admin());
    }

    private static List<BalancerConfig> balancers(JsonNode status) {
        List<BalancerConfig> balancers = new ArrayList<>();
        for (JsonNode httpd : status.path("frontEnds")) {
            balancers.add(
                    new BalancerConfig(
                            URI.create(httpd.get("manager").asString()),
                            httpd.get("balancer").asString(),
                            Protocol.valueOf(httpd.get("protocol").asString()),
                            Membership.valueOf(httpd.get("membership").asString()),
                            null,
                            null));
        }
        return balancers;
    }

    /** What is wrong with a member, from 1; null: it is ready. */
    @Nullable String failure(int index) {
        JsonNode member = status.path("members").path(index - 1);
        return member.path("ready").asBoolean(false)
                ? null
                : "is " + member.path("state").asString("absent");
    }

    /**
     * Whether httpd could not tell their members apart, now or when they grow.
     *
     * @throws CommandFailed if so: names what to change
     */
    void checkBeside(RunningPool other) {
        if (routes().anyMatch(route -> other.routes().anyMatch(route::equals))) {
            throw refused(
                    other,
                    "the same routes (%s1 ...): one needs another pool.route-prefix"
                            .formatted(settings.routePrefix()));
        }
        if (settings.host().equals(other.settings.host())
                && (overlap(settings.httpPort(), other.settings.httpPort(), other)
                        || (settings.hasAjp()
                                && other.settings.hasAjp()
                                && overlap(settings.ajpPort(), other.settings.ajpPort(), other)))) {
            throw refused(
                    other,
                    "the same ports on %s, with the places to grow into: pool.http-port and pool.ajp-port further apart"
                            .formatted(settings.host()));
        }
        if (settings.hasAjp() != other.settings.hasAjp()) {
            throw refused(other, "AJP in one and not in the other (pool.ajp-port)");
        }
    }

    private Stream<String> routes() {
        return IntStream.rangeClosed(1, settings.places()).mapToObj(settings::route);
    }

    private boolean overlap(int port, int others, RunningPool other) {
        return port < others + other.settings.places() && others < port + settings.places();
    }

    private CommandFailed refused(RunningPool other, String why) {
        return new CommandFailed(
                ExitCode.FAILED, "%s and %s have %s".formatted(name, other.name, why));
    }
}
