package io.backpool.proxyconf;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Every front end that {@code conf} knows, in front of the same members: one httpd which speaks
 * HTTP, AJP and h2c on a port each, Nginx and HAProxy. Their configurations come from the jar, as
 * an operator's do, and are used as printed.
 */
final class Fronts implements AutoCloseable {
    static final List<String> ALL = List.of("http", "ajp", "h2c", "nginx", "haproxy");
    private static final int COUNT = ALL.size() + 1;

    private final Path directory;
    private final List<String> pool;
    private final int port = Ports.free(COUNT);
    private final List<AutoCloseable> servers = new ArrayList<>();

    private Fronts(Path directory, List<String> pool) {
        this.directory = directory;
        this.pool = pool;
    }

    /** Starts all of them in front of the members that these flags of the pool describe. */
    static Fronts start(Path directory, String... pool) throws Exception {
        Fronts fronts = startHttpd(directory, List.of(pool), "");
        fronts.startOther("nginx", "-c", "--dir", directory.resolve("nginx").toString());
        fronts.startOther("haproxy", "-f");
        return fronts;
    }

    /**
     * Starts httpd alone, which speaks HTTP, AJP and h2c.
     *
     * @param flags of the pool and of {@code conf apache}
     * @param own what stands behind the printed configuration
     */
    static Fronts startHttpd(Path directory, List<String> flags, String own) throws Exception {
        var fronts = new Fronts(directory, flags);
        fronts.startHttpd(own);
        return fronts;
    }

    int port(String front) {
        return port + ALL.indexOf(front);
    }

    int managerPort() {
        return port + COUNT - 1;
    }

    String url(String front, String path) {
        return "http://127.0.0.1:" + port(front) + path;
    }

    private void startHttpd(String own) throws Exception {
        Path conf =
                print(
                        "http",
                        "apache",
                        "--standalone",
                        "--dir",
                        directory.resolve("httpd").toString(),
                        "--manager-port",
                        Integer.toString(managerPort()));
        Path ajp = part("ajp");
        Path h2c = part("h2c");
        Files.writeString(
                conf,
                Files.readString(conf)
                        + "Include \"%s\"%nInclude \"%s\"%n".formatted(ajp, h2c)
                        + own);
        Httpd.check(conf);
        servers.add(Httpd.start(directory, conf, port("http")));
    }

    /** Another protocol to the same members, under a name of its own. */
    private Path part(String protocol) throws Exception {
        return print(
                protocol,
                "apache",
                "--protocol",
                protocol,
                "--name",
                "app-" + protocol,
                "--manager-port",
                "0");
    }

    private void startOther(String name, String flag, String... args) throws Exception {
        Path conf = print(name, Stream.concat(Stream.of(name), Stream.of(args)).toList());
        var server =
                ServerProcess.start(
                        directory,
                        directory.resolve(name + ".out"),
                        Map.of(),
                        List.of(ServerProcess.program(name), flag, conf.toString()));
        servers.add(server);
        server.awaitPort(port(name));
    }

    private Path print(String front, String... args) throws Exception {
        return print(front, List.of(args));
    }

    private Path print(String front, List<String> args) throws Exception {
        List<String> all = new ArrayList<>(args);
        all.addAll(List.of("--listen", "127.0.0.1:" + port(front)));
        all.addAll(pool);
        Path conf = directory.resolve(front + ".conf");
        Files.writeString(conf, conf(directory, all));
        return conf;
    }

    /** What {@code java -jar backend.jar conf ...} prints. */
    static String conf(Path directory, List<String> args) {
        List<String> command = Backend.command("conf");
        command.addAll(args);
        Command printed = Command.run(directory, command);
        assertThat(printed.exit()).as(printed.output()).isZero();
        return printed.output();
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable server : servers) {
            server.close();
        }
    }
}
