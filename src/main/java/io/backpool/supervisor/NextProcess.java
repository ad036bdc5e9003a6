package io.backpool.supervisor;

import io.backpool.config.AdminConfig;
import io.backpool.config.Config;
import io.backpool.pool.OtherSupervisor;
import io.backpool.process.ProcessTable;
import io.backpool.supervisor.UpgradeSocket.Members;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Starts the process of the pool that follows this one: the same Java, flags, arguments and
 * environment, another jar. It is nobody's child but the system's, so that it outlives this one and
 * systemd, which becomes its parent, sees its end.
 */
final class NextProcess {
    private static final long LONGEST_START = TimeUnit.SECONDS.toNanos(60);
    private static final long FIRST_LOOK = TimeUnit.SECONDS.toNanos(2);
    private static final long POLL_MILLIS = 50;

    private final Config config;
    private final List<String> arguments;

    /**
     * @param config what this process runs with
     * @param arguments of this process
     */
    NextProcess(Config config, List<String> arguments) {
        this.config = config;
        this.arguments = List.copyOf(arguments);
    }

    /**
     * Starts it.
     *
     * @param tried what its members run; tried out
     * @param members how many there are now
     * @throws LaunchException if it can't be used, or does not come up: says why
     */
    OtherSupervisor start(Launch tried, int members)
            throws LaunchException, IOException, InterruptedException {
        check(tried);
        var before = new Members(members, config.pool().members(), UUID.randomUUID().toString());
        Files.deleteIfExists(UpgradeSocket.FILE);
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(UpgradeSocket.FILE));
            server.configureBlocking(false);
            begin(tried, before);
            return await(server, before);
        } finally {
            Files.deleteIfExists(UpgradeSocket.FILE);
        }
    }

    /** Refuses what the new process could not go on with. */
    void check(Launch tried) throws LaunchException {
        Config next = tried.settings().readUnderstood();
        if (!next.pool().processes() || next.app().program() != null) {
            throw new LaunchException(
                    "pool.processes: false, or app.command, needs a stop and a start of the pool");
        }
        AdminConfig admin = next.admin();
        if (!admin.bind().equals(config.admin().bind()) || admin.port() != config.admin().port()) {
            throw new LaunchException(
                    "another admin.bind or admin.port needs a stop and a start of the pool");
        }
        if (tried.instead() != null) {
            throw new LaunchException(
                    "an upgrade takes the application from the settings alone: set app.jar to "
                            + tried.instead()
                            + " first");
        }
    }

    private void begin(Launch tried, Members before) throws IOException {
        // Without a fork of its own the new process would end with a terminal's INT to this one.
        List<String> command = new ArrayList<>(List.of("setsid", "--fork"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Launcher.jvmFlags());
        command.addAll(
                tried.jar() == null
                        ? List.of("-cp", tried.classPath(), Launch.MAIN)
                        : List.of("-jar", tried.jar().toString()));
        command.addAll(arguments);
        var process = new ProcessBuilder(command);
        process.environment().put(UpgradeSocket.VARIABLE, before.text());
        process.environment().remove("WATCHDOG_PID", Long.toString(ProcessHandle.current().pid()));
        process.redirectInput(new File("/dev/null"))
                .redirectOutput(Redirect.INHERIT)
                .redirectError(Redirect.INHERIT)
                .start();
    }

    private static OtherSupervisor await(ServerSocketChannel server, Members before)
            throws IOException, LaunchException, InterruptedException {
        String mark = UpgradeSocket.VARIABLE + "=" + before.text();
        long started = System.nanoTime();
        SocketChannel accepted = null;
        try {
            while (accepted == null) {
                Thread.sleep(POLL_MILLIS);
                accepted = server.accept();
                long waited = System.nanoTime() - started;
                if (waited > LONGEST_START
                        || (waited > FIRST_LOOK
                                && ProcessTable.now().withVariable(mark).isEmpty())) {
                    throw new LaunchException(
                            "the new process did not take up the upgrade; what it said is in the"
                                    + " pool's log");
                }
            }
            return new UpgradeSocket(accepted, before);
        } finally {
            if (accepted == null) {
                ProcessTable.kill(ProcessTable.now().withVariable(mark));
            }
        }
    }
}
