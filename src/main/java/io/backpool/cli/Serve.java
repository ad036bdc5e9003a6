package io.backpool.cli;

import io.backpool.app.Application;
import io.backpool.app.LoadedApplication;
import io.backpool.app.showcase.Showcase;
import io.backpool.config.Config;
import io.backpool.config.ConfigSnapshot;
import io.backpool.pool.Pool;
import io.backpool.supervisor.BootException;
import io.backpool.supervisor.Launcher;
import io.backpool.supervisor.Signals;
import io.backpool.supervisor.Supervisor;
import io.backpool.supervisor.Systemd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
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

    /** One that comes before there is a log waits for it: it must not end the process. */
    private final CompletableFuture<Runnable> usr1 = new CompletableFuture<>();

    @Override
    public Integer call() throws Exception {
        Signals.on("USR1", () -> usr1.join().run());
        List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
        if (!Launcher.isSafe() && Launcher.runFromCopy(Main.class.getName(), arguments)) {
            return ExitCode.OK;
        }
        ConfigSnapshot settings = ConfigOptions.snapshot(spec);
        Config config = settings.read();
        LogSetup.use(config.log(), null);
        DataFolder.take();
        return config.pool().processes() ? supervise(settings, config) : serve(config);
    }

    private int serve(Config config) throws Exception {
        var systemd = Systemd.find(System.getenv());
        Path jar = config.app().jar();
        Path copy = jar == null ? null : Launcher.copyApplication(jar);
        Pool pool = Pool.start(config, application(config, copy));
        onShutdown(systemd, pool);
        usr1.complete(pool::reopenLogs);
        systemd.ready();
        systemd.watch(
                () -> {
                    pool.awaitEventLoops();
                    return true;
                });
        new CountDownLatch(1).await();
        return ExitCode.OK;
    }

    private int supervise(ConfigSnapshot settings, Config config) throws Exception {
        var systemd = Systemd.find(System.getenv());
        var launcher = new Launcher(settings, () -> ConfigOptions.snapshot(spec));
        Supervisor supervisor = Supervisor.open(config, launcher, systemd, this::check);
        onShutdown(systemd, supervisor);
        usr1.complete(supervisor::reopenLogs);
        Signals.on("HUP", supervisor::restartAll);
        Signals.on("TTIN", () -> supervisor.scaleBy(1));
        Signals.on("TTOU", () -> supervisor.scaleBy(-1));
        try {
            supervisor.awaitBoot();
        } catch (BootException e) {
            supervisor.close();
            throw new CommandFailed(e.exitCode(), String.valueOf(e.getMessage()));
        }
        systemd.ready();
        systemd.watch(supervisor::isAlive);
        new CountDownLatch(1).await();
        return ExitCode.OK;
    }

    private static void onShutdown(Systemd systemd, AutoCloseable pool) {
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    systemd.stopping();
                                    stop(pool);
                                },
                                "shutdown"));
    }

    private void check(int members) {
        ConfigOptions.snapshot(spec)
                .with("pool.members", Integer.toString(members), "members")
                .read();
    }

    /**
     * Makes the application, from copies where there are some.
     *
     * @param copies the folder; null: from where it lies
     */
    static Application application(Config config, @Nullable Path copies) throws IOException {
        return LoadedApplication.load(
                config.app(), copies == null ? List.of() : Launcher.files(copies), Showcase::new);
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
