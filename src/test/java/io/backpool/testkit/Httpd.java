package io.backpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The real httpd (Debian's {@code apache2}, else {@code httpd}) on a configuration of the test's.
 * Unprivileged ports, everything in one temporary directory.
 */
public final class Httpd implements AutoCloseable {
    private final Path directory;
    private final Path conf;
    private ServerProcess process;

    private Httpd(Path directory, Path conf) {
        this.directory = directory;
        this.conf = conf;
        this.process = launch();
    }

    /** Starts httpd on the complete configuration {@code text} and waits for {@code port}. */
    public static Httpd start(Path directory, String text, int port) {
        return start(directory, write(directory.resolve("httpd.conf"), text), port);
    }

    /**
     * Starts httpd on the complete file that {@code conf apache} prints with these flags, in {@code
     * httpd} of the directory, where the command runs.
     *
     * @param pool flags that the pool has, too
     */
    public static Httpd printed(Path directory, int port, List<String> pool, String... flags) {
        List<String> conf = Backend.command("conf", "apache", "--standalone");
        conf.addAll(pool);
        conf.addAll(List.of("--listen=127.0.0.1:" + port, "--dir=httpd"));
        conf.addAll(List.of(flags));
        Command printed = Command.run(directory, conf);
        if (printed.exit() != 0) {
            throw new AssertionError(printed.output());
        }
        return start(directory.resolve("httpd"), printed.output(), port);
    }

    private static Path write(Path conf, String text) {
        try {
            return Files.writeString(conf, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts httpd on a complete configuration file and waits for {@code port}. */
    public static Httpd start(Path directory, Path conf, int port) {
        var httpd = new Httpd(directory, conf);
        httpd.process.awaitPort(port);
        return httpd;
    }

    /**
     * The start of a configuration of the test's own: modules, files, MPM, a listener. {@code
     * ErrorLog} and {@code PidFile} lie in {@code directory}.
     */
    public static String base(Path directory, int port) {
        var text = new StringBuilder();
        for (String module :
                List.of(
                        "mpm_event",
                        "authz_core",
                        "authz_host",
                        "headers",
                        "env",
                        "setenvif",
                        "proxy",
                        "proxy_http",
                        "proxy_ajp",
                        "proxy_http2",
                        "proxy_wstunnel",
                        "proxy_balancer",
                        "proxy_hcheck",
                        "lbmethod_byrequests",
                        "lbmethod_bybusyness",
                        "slotmem_shm",
                        "status",
                        "alias",
                        "mime")) {
            text.append("LoadModule %s_module %s/mod_%s.so%n".formatted(module, modules(), module));
        }
        text.append(
                """
                <IfModule !watchdog_module>
                LoadModule watchdog_module %2$s/mod_watchdog.so
                </IfModule>
                <IfModule !unixd_module>
                LoadModule unixd_module %2$s/mod_unixd.so
                </IfModule>
                ServerName localhost
                ServerRoot %1$s
                DefaultRuntimeDir %1$s
                PidFile %1$s/httpd.pid
                ErrorLog %1$s/error.log
                LogLevel warn
                TypesConfig /dev/null
                User #65534
                Group #65534
                Listen 127.0.0.1:%3$d
                """
                        .formatted(directory, modules(), port));
        return text.toString();
    }

    public Path errorLog() {
        return directory.resolve("error.log");
    }

    public ServerProcess process() {
        return process;
    }

    /** {@code httpd -t} on a file: what it prints; fails unless it says Syntax OK. */
    public static String check(Path conf) {
        try {
            Process test =
                    new ProcessBuilder(program(), "-t", "-f", conf.toString())
                            .redirectErrorStream(true)
                            .start();
            String output =
                    new String(
                            test.getInputStream().readAllBytes(),
                            java.nio.charset.StandardCharsets.UTF_8);
            if (test.waitFor() != 0) {
                throw new AssertionError(conf + " is refused:\n" + output);
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Reads the configuration again without dropping a connection. */
    public void graceful() {
        process.signal("USR1");
    }

    /** Stops it, leaving its files; {@link #restart} starts it on them. */
    public void stop() {
        process.close();
    }

    /** Starts it again on another configuration. */
    public void restart(String text, int port) {
        write(conf, text);
        restart(port);
    }

    public void restart(int port) {
        process.close();
        process = launch();
        process.awaitPort(port);
    }

    @Override
    public void close() {
        process.close();
    }

    public static String program() {
        return ServerProcess.program("apache2", "httpd");
    }

    /** Where its modules lie: Debian's place, else Red Hat's. */
    public static String modules() {
        for (String folder :
                List.of(
                        "/usr/lib/apache2/modules",
                        "/usr/lib64/httpd/modules",
                        "/usr/lib/httpd/modules")) {
            if (Files.isDirectory(Path.of(folder))) {
                return folder;
            }
        }
        throw new AssertionError("httpd's modules are not where Debian or Red Hat put them");
    }

    private ServerProcess launch() {
        return ServerProcess.start(
                directory,
                directory.resolve("httpd.out"),
                Map.of(),
                List.of(program(), "-D", "FOREGROUND", "-f", conf.toString()));
    }
}
