package io.backpool.cli;

import io.backpool.app.LoadedApplication;
import io.backpool.app.showcase.Showcase;
import io.backpool.balancer.FrontEnds;
import io.backpool.config.Config;
import io.backpool.config.ConfigSnapshot;
import io.backpool.local.LocalMembers;
import io.backpool.local.MemberRuntime;
import io.backpool.observe.Metrics;
import io.backpool.pool.BootException;
import io.backpool.pool.Controls;
import io.backpool.pool.MemberKind;
import io.backpool.pool.Pool;
import io.backpool.program.ProgramMembers;
import io.backpool.supervisor.Launcher;
import io.backpool.supervisor.ProcessMembers;
import io.backpool.supervisor.Signals;
import io.backpool.supervisor.Systemd;
import io.backpool.supervisor.UpgradeSocket;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code serve}: runs the pool until a signal ends it. */
@Command(
        name = "serve",
        description =
                "Run the pool in the foreground; TERM or INT lets requests finish and stops, USR1"
                        + " opens the access log again.")
final class Serve implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(Serve.class);

    @Spec private CommandSpec spec;

    /** One that comes before the members have a log waits for it: it must not end the process. */
    private final CompletableFuture<Runnable> usr1 = new CompletableFuture<>();

    @Override
    public Integer call() throws Exception {
        Signals.on("USR1", () -> usr1.join().run());
        List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
        if (!Launcher.isSafe() && Launcher.runFromCopy(Main.class.getName(), arguments)) {
            return ExitCode.OK;
        }
        UpgradeSocket before = UpgradeSocket.find(System.getenv());
        try {
            return serve(before);
        } catch (Exception e) {
            if (before != null) {
                var words = new StringWriter();
                int unused = Main.failed(e, new PrintWriter(words, true));
                before.say("failed " + words.toString().strip());
            }
            throw e;
        }
    }

    /**
     * Runs it.
     *
     * @param before the process that this one follows; null: there is none
     */
    private int serve(@Nullable UpgradeSocket before) throws Exception {
        ConfigSnapshot settings = ConfigOptions.snapshot(spec);
        if (before != null) {
            settings = before.scaled(settings);
        }
        Config config = settings.read();
        LogSetup.use(config.log(), null);
        if (before == null) {
            DataFolder.take(false);
        } else {
            DataFolder.share();
        }
        ListenerWarnings.log(config, Instant.now());
        var systemd = Systemd.find(System.getenv());
        Pool pool = open(settings, config, systemd, before);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(systemd, pool), "shutdown"));
        Controls controls = pool.controls();
        if (controls.canRestart()) {
            Signals.on("HUP", controls::restartAll);
            Signals.on("TTIN", () -> controls.scaleBy(1));
            Signals.on("TTOU", () -> controls.scaleBy(-1));
        }
        try {
            pool.awaitBoot();
        } catch (BootException e) {
            pool.close();
            throw new CommandFailed(e.exitCode(), String.valueOf(e.getMessage()));
        }
        if (before != null) {
            DataFolder.take(true);
        }
        usr1.complete(controls::reopenLogs);
        LOG.info(
                "admin - {}://{}:{}",
                config.admin().scheme(),
                config.admin().bind().getHostAddress(),
                config.admin().port());
        systemd.ready();
        systemd.watch(pool::awaitAlive);
        long next = pool.awaitHandedOver();
        LOG.info("process {} is the pool now", next);
        systemd.goesOnAs(next);
        return ExitCode.OK;
    }

    private Pool open(
            ConfigSnapshot settings, Config config, Systemd systemd, @Nullable UpgradeSocket before)
            throws Exception {
        var metrics = new Metrics();
        FrontEnds frontEnds = FrontEnds.open(config);
        metrics.add(frontEnds::stats);
        MemberKind kind = kind(settings, config, metrics, frontEnds);
        return Pool.open(
                config,
                kind,
                frontEnds,
                metrics,
                members -> check(settings, members),
                systemd,
                before);
    }

    private MemberKind kind(
            ConfigSnapshot settings, Config config, Metrics metrics, FrontEnds frontEnds)
            throws Exception {
        if (config.app().program() != null) {
            return new ProgramMembers(settings, () -> ConfigOptions.snapshot(spec), frontEnds);
        }
        var launcher = new Launcher(settings, () -> ConfigOptions.snapshot(spec));
        return config.pool().processes()
                ? new ProcessMembers(
                        config, launcher, spec.root().commandLine().getParseResult().originalArgs())
                : new LocalMembers(
                        MemberRuntime.open(
                                config, application(config, launcher.application()), metrics),
                        launcher.version());
    }

    /** Whether there can be so many members, with the settings that the pool runs with. */
    private static void check(ConfigSnapshot settings, int members) {
        settings.with("pool.members", Integer.toString(members), "members").read();
    }

    /**
     * Makes the application, from copies where there are some, and reads its settings.
     *
     * @param copies the folder; null: from where it lies
     */
    static LoadedApplication application(Config config, @Nullable Path copies) throws IOException {
        return LoadedApplication.load(
                        config.app(),
                        copies == null ? List.of() : Launcher.files(copies),
                        Showcase::new)
                .checkSettings(config.app().settings());
    }

    private static void stop(Systemd systemd, Pool pool) {
        systemd.stopping();
        stop(pool);
    }

    static void stop(AutoCloseable pool) {
        LOG.info("stopping, waiting for requests in flight");
        try {
            pool.close();
            LOG.info("stopped");
        } catch (Exception e) {
            LOG.error("stopped, but not cleanly", e);
        }
    }
}
