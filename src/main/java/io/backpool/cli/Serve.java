package io.backpool.cli;

import io.backpool.app.Application;
import io.backpool.app.LoadedApplication;
import io.backpool.app.showcase.Showcase;
import io.backpool.config.Config;
import io.backpool.pool.Pool;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code serve}: runs the pool until a signal ends it. */
@Command(
        name = "serve",
        description = "Run the pool in the foreground; TERM or INT lets requests finish and stops.")
final class Serve implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(Serve.class);

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Config config = ConfigOptions.read(spec);
        Application application = LoadedApplication.load(config.app(), Showcase::new);
        Pool pool = Pool.start(config, application);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(pool), "shutdown"));
        new CountDownLatch(1).await();
        return ExitCode.OK;
    }

    private static void stop(Pool pool) {
        LOG.info("stopping, waiting for requests in flight");
        try {
            pool.close();
            LOG.info("stopped");
        } catch (Exception e) {
            LOG.error("stopped, but not cleanly", e);
        }
    }
}
