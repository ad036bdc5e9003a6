package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One httpd with two balancers of the same pool, as {@code conf apache} prints it. */
class TwoBalancersIT {
    private static final int MEMBERS = 2;

    @TempDir Path directory;

    @ParameterizedTest
    @CsvSource({"h2c, ajp, static", "http, http, join"})
    void bothServeAndAreDrained(String first, String second, String membership) throws Exception {
        int port = Ports.free(2);
        String manager = "--balancer=http://127.0.0.1:%d/balancer-manager".formatted(port + 1);
        String end = ",membership=" + membership;
        List<String> balancers =
                new ArrayList<>(
                        List.of(
                                manager + ",name=app,protocol=" + first + end,
                                manager + ",name=other,protocol=" + second + end));
        if (first.equals("h2c")) {
            balancers.add(manager + ",name=app-expect");
        }
        try (Backend pool = Backend.start(directory, MEMBERS, balancers.toArray(String[]::new))) {
            Command printed = conf(pool, port, balancers);
            assertThat(printed.exit()).as(printed.output()).isZero();
            String text =
                    printed.output()
                            .replace("#   ProxyPass \"/PATH/", "ProxyPass \"/other/")
                            .replace("other/PATH/", "other/")
                            .replace("#   RewriteRule \"^/(PATH/.*", "RewriteRule \"^/other/(.*");
            try (var httpd =
                    Httpd.start(Files.createDirectory(directory.resolve("httpd")), text, port)) {
                int all = MEMBERS * balancers.size();
                await().until(() -> pool.inRotation() == all);

                assertThat(get(port, "/whoami")).contains(name(first));
                assertThat(get(port, "/other/whoami")).contains(name(second));
                String conf = "--httpd-conf=" + httpd.errorLog().resolveSibling("httpd.conf");
                for (List<String> flags : List.of(balancers, List.<String>of())) {
                    Command doctor = run(pool, flags, "doctor", conf);
                    assertThat(doctor.exit()).as(doctor.output()).isZero();
                }

                assertThat(run(pool, List.of(), "drain", "m1").exit()).isZero();
                await().until(() -> pool.inRotation() == all - balancers.size());
            }
        }
    }

    @Test
    void whatOneFileCanNotHaveIsLeftOutOrRefused() {
        String manager = "--balancer=http://127.0.0.1:9980/balancer-manager";
        List<String> mixed = List.of(manager, manager + ",name=b,membership=join");
        assertThat(conf(0, mixed).output())
                .contains("balancer://b is left out", "conf apache --name b");
        assertThat(conf(2, List.of(manager, manager + ",name=b,protocol=h2c")).output())
                .contains("only the first may speak h2c");
        assertThat(
                        conf(0, List.of(manager + ",name=app", manager + ",name=b", "--name=b"))
                                .output())
                .doesNotContain("balancer://app");
    }

    private Command conf(int exit, List<String> flags) {
        List<String> command = Backend.command("conf", "apache");
        command.addAll(flags);
        Command conf = Command.run(directory, command);
        assertThat(conf.exit()).as(conf.output()).isEqualTo(exit);
        return conf;
    }

    private static Command conf(Backend pool, int port, List<String> balancers) {
        return run(pool, balancers, "conf", "apache", "--standalone", "--listen=127.0.0.1:" + port);
    }

    private static Command run(Backend pool, List<String> flags, String... arguments) {
        List<String> command = Backend.command(arguments);
        command.addAll(pool.settings());
        command.addAll(flags);
        return Command.run(pool.directory(), command);
    }

    private static String get(int port, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        BodyHandlers.ofString())
                .body();
    }

    private static String name(String protocol) {
        return switch (protocol) {
            case "http" -> "\"HTTP/1.1\"";
            case "ajp" -> "\"AJP/1.3\"";
            default -> "\"HTTP/2.0\"";
        };
    }
}
