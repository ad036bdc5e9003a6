package io.backpool.cli;

import io.backpool.config.Config;
import io.backpool.config.ConfigException;
import io.backpool.config.ServiceUrl;
import io.backpool.config.ServicesConfig;
import io.backpool.engine.Reachability;
import io.backpool.service.cache.PoolCache;
import io.backpool.service.database.Database;
import io.backpool.service.queue.PoolQueue;
import io.backpool.service.session.RedisSessions;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code check}: reads the configuration, makes the application and starts nothing. */
@Command(
        name = "check",
        description =
                "Read the configuration and look into the application's jar, say ok or every"
                        + " mistake; start nothing.")
final class Check implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
            names = "--connect",
            description =
                    "Also open the cache, the queue, the database and the sessions, and say what"
                            + " each one answers.")
    private boolean connect;

    private int result = ExitCode.OK;

    @Override
    public Integer call() throws Exception {
        Config config = ConfigOptions.snapshot(spec).read();
        if (config.app().program() == null) {
            Serve.application(config, null).close();
            engines(config);
        }
        if (result == ExitCode.OK) {
            spec.commandLine().getOut().println("ok");
        }
        return result;
    }

    private void engines(Config config) {
        ServicesConfig services = config.services();
        open("cache", services.cache(), () -> cache(services));
        open("queue", services.queue().url(), () -> queue(services));
        open("database", services.database(), () -> database(services));
        if (!config.sessions().url().scheme().equals("memory")) {
            open("sessions", config.sessions().url(), () -> sessions(config));
        }
    }

    /** One line: what was found, or what is wrong. The worst decides the exit code. */
    private void open(String service, ServiceUrl url, Callable<String> engine) {
        PrintWriter err = spec.commandLine().getErr();
        try {
            String found = engine.call();
            if (connect) {
                spec.commandLine().getOut().println(service + ".url: " + url + ": " + found);
            }
        } catch (ConfigException e) {
            e.mistakes().forEach(err::println);
            result = ExitCode.CONFIG;
        } catch (Exception e) {
            String reason = Reachability.reason(e).replaceAll("\\s+", " ");
            err.println(
                    service
                            + ".url: cannot open "
                            + url
                            + ": "
                            + reason
                            + ". Is it running, and are host, port, user and password right?");
            result = Math.max(result, ExitCode.UNAVAILABLE);
        }
    }

    private String cache(ServicesConfig services) throws Exception {
        try (PoolCache cache = PoolCache.open(services.cache(), services.cacheName())) {
            if (connect) {
                cache.connect();
            }
            return "answers";
        }
    }

    private String queue(ServicesConfig services) {
        // How many wait is asked of the broker alone: the database is not opened.
        try (PoolQueue queue =
                PoolQueue.open(
                        services.queue(), () -> Database.open(services.database()).dataSource())) {
            return connect ? queue.connect() : "";
        }
    }

    private String database(ServicesConfig services) throws Exception {
        try (Database database = Database.open(services.database())) {
            return connect ? database.connect() : "";
        }
    }

    private String sessions(Config config) {
        try (RedisSessions sessions = RedisSessions.open(config.sessions())) {
            if (connect) {
                sessions.connect();
            }
            return "answers";
        }
    }
}
