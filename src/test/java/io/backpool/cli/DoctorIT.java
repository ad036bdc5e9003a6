package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.ManagerForm;
import io.backpool.testkit.Ports;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Each finding of the doctor, provoked on the real httpd; what we print has none. */
class DoctorIT {
    @TempDir static Path directory;
    private static Backend pool;
    private static String secret;
    private static int front;
    private static int manager;
    private static Httpd httpd;

    /** As printed; by protocol. */
    private static final Map<String, String> PRINTED = new HashMap<>();

    @BeforeAll
    static void start() throws Exception {
        front = Ports.free(2);
        manager = front + 1;
        pool =
                Backend.start(
                        Files.createDirectory(directory.resolve("pool")), 2, balancer(manager));
        secret = Files.readString(directory.resolve("pool/data/ajp-secret")).strip();
        httpd = Httpd.start(home("http"), conf("http", front), front);
        await().until(() -> client(front, "") == 200);
    }

    @AfterAll
    static void stop() {
        httpd.close();
        pool.close();
    }

    @Test
    void whatWePrintIsHealthy() throws Exception {
        var seen = examine(balancer(manager), conf(httpd), url(front));

        assertThat(seen.ids).isEmpty();
        assertThat(seen.exit).isZero();
        assertThat(seen.json.get("leftOut").toString())
                .contains("--error-log")
                .doesNotContain("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ajp", "h2c"})
    void whatWePrintForOtherProtocolsIsHealthy(String protocol) throws Exception {
        int port = Ports.free(2);
        Path home = home(protocol);
        try (Httpd other = Httpd.start(home, conf(protocol, port), port)) {
            var seen =
                    examine(balancer(port + 1) + ",protocol=" + protocol, conf(other), url(port));

            assertThat(seen.ids).isEmpty();
        }
    }

    @Test
    void membersThatJoin() throws Exception {
        int port = Ports.free(2);
        Path home = home("join");
        String balancer = balancer(port + 1) + ",membership=join";
        try (Backend joined = Backend.start(home, 2, balancer);
                Httpd other = Httpd.start(home, conf("join", port, joined.settings()), port)) {
            await().until(() -> client(port, "") == 200);
            await().until(() -> joined.inRotation() == 2);
            List<String> settings = new ArrayList<>(joined.settings());
            settings.addAll(List.of(balancer, conf(other), url(port)));

            assertThat(examine(settings).ids).isEmpty();

            String text = Files.readString(home.resolve("httpd.conf"));
            String empty =
                    text.replaceAll("BalancerMember .*", "").replaceAll("growth=\\d+", "growth=1");
            assertThat(statically("join", empty, balancer)).contains("places");
            assertThat(statically("join", text.replace("Persist On", "Persist Off"), balancer))
                    .contains("balancer-persist");
            assertThat(
                            statically(
                                    "join",
                                    text.replace(
                                            "RewriteEngine On", "RewriteEngine On\nProxyVia Off"),
                                    balancer))
                    .contains("vhost-copy");

            settings.addAll(List.of("--http-port=" + Ports.free(2), "--route-prefix=x"));
            assertThat(examine(settings).ids).contains("member-not-joined", "member-unreachable");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ttl                 | ' ttl=30'                  | ''",
                "ttl                 | ' ttl=30'                  | ' ttl=90'",
                "timeout             | ' timeout=65'              | ' timeout=10'",
                "hcheck              | ' hctemplate=ready-app'    | ''",
                "route               | ' route=m1'                | ' route=x1'",
                "member-unknown      | ':\\d+ route=m2'            | ':1 route=m2'",
                "member-tls          | 'http(://127.0.0.1:\\d+ route=m2)' | 'https$1'",
                "member-undeclared   | 'BalancerMember.*route=m2' | '# '",
                "disablereuse        | ' retry=1'                 | ' retry=1 disablereuse=On'",
                "response-field-size | ' responsefieldsize=65536' | ''",
                "stickysession       | ' stickysession=\\S+'      | ''",
                "nonce               | 'ProxySet '                | 'ProxySet nonce=None '",
                "balancer-persist    | 'BalancerPersist Off'      | 'BalancerPersist On'",
                "balancer-missing    | 'balancer://app'           | 'balancer://shop'",
                "spoofable-header    | 'RequestHeader unset X-Forwarded-For' | ''",
                "spoofable-header    | 'RequestHeader unset SSL_CLIENT_CERT' | ''",
                "forwarded-proto     | 'RequestHeader set X-Forwarded-Proto.*' | ''",
                "module-missing      | 'LoadModule proxy_http_module.*' | ''",
                "httpd-refuses       | 'ServerTokens Prod'        | 'ServerTokenz Prod'",
                "module-missing      | 'LoadModule proxy_balancer_module.*' | ''",
            })
    void aMistakeInHttpdsConfigurationIsNamed(String id, String text, String instead)
            throws Exception {
        String right = printed("http");
        String wrong = Pattern.compile(text).matcher(right).replaceAll(instead);
        assertThat(wrong).isNotEqualTo(right);

        assertThat(statically("http", wrong, balancer(manager))).contains(id);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ajp-packet-size      | 'ProxyIOBufferSize 65536' | ''",
                "ajp-content-length   | 'SetEnv ap_trust_cgi.*'   | ''",
                "ajp-secret-missing   | ' secret=\\S+'            | ''",
                "ajp-secret-different | ' secret=\\S+'            | ' secret=nobody-knows-this'",
                "hcheck               | ' hcmethod=CPING'         | ''",
                "ttl                  | ' ttl=30'                 | ''",
                "httpd-refuses        | 'LoadModule proxy_ajp_module.*' | ''",
            })
    void aMistakeOverAjpIsNamed(String id, String text, String instead) throws Exception {
        String right = printed("ajp");
        String wrong = Pattern.compile(text).matcher(right).replaceAll(instead);
        assertThat(wrong).isNotEqualTo(right);

        assertThat(statically("ajp", wrong, balancer(manager) + ",protocol=ajp")).contains(id);
    }

    @Test
    void whatHoldsForEveryPathHolds() throws Exception {
        String unset = "RequestHeader unset X-Forwarded-For";
        String right = printed("http");
        for (String section : List.of("/", "/elsewhere")) {
            String moved =
                    right.replace(
                            unset, "<Location %s>\n%s\n</Location>".formatted(section, unset));
            assertThat(statically("http", moved, balancer(manager)).contains("spoofable-header"))
                    .as(section)
                    .isEqualTo(!section.equals("/"));
        }
    }

    /** The real httpd, but for what it says of its version. */
    @Test
    void anHttpdWithoutSecretsIsTooOld() throws Exception {
        Path bin = Files.createDirectory(directory.resolve("old"));
        Path program = bin.resolve("apache2");
        Files.writeString(
                program,
                """
                #!/bin/sh
                [ "$1" = -v ] && exec echo 'Server version: Apache/2.4.41 (Unix)'
                exec %s "$@"
                """
                        .formatted(Httpd.program()));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path conf = Files.writeString(home("old-httpd").resolve("a.conf"), printed("ajp"));
        List<String> command = Backend.command("doctor");
        command.addAll(pool.settings());
        command.add("--httpd-conf=" + conf);
        Command doctor =
                Command.run(
                        pool.directory(),
                        Map.of("PATH", bin + ":" + System.getenv("PATH")),
                        command);

        assertThat(doctor.exit()).isEqualTo(1);
        assertThat(doctor.output())
                .contains("httpd-too-old", "httpd 2.4.41", "Remedy: httpd 2.4.42 or later")
                .endsWith("1 finding\n")
                .doesNotContain(secret);
    }

    @Test
    void whatOneHttpdSaysAndDoesWrongly() throws Exception {
        int port = Ports.free(2);
        String text =
                conf("http", port)
                        .replace(" route=m1", " route=x1")
                        .replace("ProxySet ", "ProxySet nonce=None ")
                        .replaceAll(" stickysession=\\S+", "")
                        .replace("RequestHeader unset X-Forwarded-For", "")
                        .replaceAll("RequestHeader set X-Forwarded-Proto.*", "");
        try (var ignored = Httpd.start(home("wrong"), moved(text, "wrong"), port)) {
            assertThat(examine(balancer(port + 1)).ids).containsExactlyInAnyOrder("nonce", "route");
            assertThat(examine(balancer(manager), url(port)).ids)
                    .containsExactlyInAnyOrder(
                            "spoofable-header", "forwarded-proto", "stickysession");
        }
    }

    @Test
    void anHttpdWhoseMembersAreAwayAndWhoseManagerIsMute() throws Exception {
        int port = Ports.free(2);
        int nobody = Ports.free(2);
        String text =
                conf("http", port)
                                .replace("127.0.0.1:" + pool.httpPort(1), "127.0.0.1:" + nobody)
                                .replace(
                                        "127.0.0.1:" + pool.httpPort(2),
                                        "127.0.0.1:" + (nobody + 1))
                        + "RequestHeader unset Referer early\n";
        Path home = home("mute");
        try (Httpd mute = Httpd.start(home, moved(text, "mute"), port)) {
            var seen = examine(balancer(port + 1), url(port), conf(mute));
            assertThat(seen.ids).contains("manager", "url-no-member", "member-unknown");
            assertThat(seen.text).contains("Referer");
            Path log = home.resolve("backpool-httpd/error.log");
            await().until(
                            () -> {
                                HttpClient.newHttpClient()
                                        .send(request(port, ""), BodyHandlers.discarding());
                                return Files.readString(log).contains("AH01170");
                            });
            assertThat(examine(balancer(manager), "--error-log=" + log).ids)
                    .contains("AH01170")
                    .doesNotContain("AH10187");
        }
        assertThat(examine(balancer(port + 1), url(port)).ids)
                .containsExactlyInAnyOrder("manager", "url-unreachable");
        assertThat(examine(balancer(manager).replace("/balancer-manager", "/server-status")).ids)
                .containsExactly("manager");
    }

    @Test
    void anHttpdThatFailsOurHealthOrRefusesUs() throws Exception {
        int port = Ports.free(2);
        String right = conf("http", port);
        String text = moved(right.replace("/health/ready", "/health/nowhere"), "failing");
        assertThat(text).doesNotContain("/health/ready");
        try (var ignored = Httpd.start(home("failing"), text, port)) {
            await().until(() -> examine(balancer(port + 1)).ids.contains("member-out"));
            assertThat(examine(balancer(port + 1)).text).contains("HcFl", "hcuri=/health/ready");
        }
        String denied = moved(right.replace("Require local", "Require all denied"), "denied");
        try (var ignored = Httpd.start(home("denied"), denied, port)) {
            var seen = examine(balancer(port + 1));
            assertThat(seen.ids).containsExactly("manager");
            assertThat(seen.text).contains("403");
        }
    }

    @Test
    void membersThatAreOutOrNotOurs() throws Exception {
        assertThat(pool.control("/members/m1/drain").statusCode()).isEqualTo(202);
        await().until(() -> examine(balancer(manager)).ids.contains("member-out"));
        assertThat(pool.control("/members/m1/resume").statusCode()).isEqualTo(202);
        await().until(() -> examine(balancer(manager)).ids.isEmpty());

        List<String> settings = new ArrayList<>(pool.settings());
        settings.add("--route-prefix=x");
        assertThat(examine(settings).ids)
                .containsExactly("member-foreign", "member-foreign", "route", "route");
    }

    @Test
    void aMemberThatStops() throws Exception {
        Path home = Files.createDirectory(directory.resolve("stopping"));
        try (Backend stopping = Backend.start(home, 1, "--drain-timeout=3s")) {
            var work =
                    HttpClient.newHttpClient()
                            .sendAsync(
                                    request(stopping.httpPort(1), "sleep?for=20s"),
                                    BodyHandlers.ofString());
            await().until(() -> stopping.admin("/status.json").body().contains("\"inFlight\":1"));
            stopping.process().signal("TERM");
            await().until(() -> stopping.get(1, "/health/ready").statusCode() == 503);

            assertThat(examine(stopping.settings()).ids).containsExactly("member-not-ready");
            work.cancel(true);
        }
    }

    /** After a reload httpd gives away places again that it has given away before. */
    @Test
    void membersThatHttpdListsTwiceOrWithOneRoute() throws Exception {
        int port = Ports.free();
        Path home = home("twice");
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxrwxrwx"));
        String text =
                Httpd.base(home, port)
                        + """
                        BalancerPersist On
                        <Proxy balancer://app>
                          BalancerMember http://127.0.0.1:%d route=m1
                          BalancerMember http://127.0.0.1:1 route=m1
                          BalancerMember http://127.0.0.1:9 route=m2
                          ProxySet growth=20
                        </Proxy>
                        ProxyPass /app/ balancer://app/
                        <Location /balancer-manager>
                          SetHandler balancer-manager
                        </Location>
                        """
                                .formatted(pool.httpPort(1));
        URI page = URI.create("http://127.0.0.1:" + port + "/balancer-manager");
        try (Httpd twice = Httpd.start(home, text, port)) {
            assertThat(examine(balancer(port)).ids)
                    .containsSubsequence("route-taken", "route-taken")
                    .doesNotContain("member-undeclared", "place-duplicate");
            assertThat(ManagerForm.add(page, "app", "http://127.0.0.1:2")).isEqualTo(200);
            assertThat(ManagerForm.add(page, "app", "http://127.0.0.1:3")).isEqualTo(200);
            twice.graceful();
            // Until none of the processes from before the reload takes the request.
            var next = new AtomicInteger(9);
            await().until(
                            () -> {
                                String member = "http://127.0.0.1:" + next.incrementAndGet();
                                ManagerForm.add(page, "app", member);
                                return examine(balancer(port)).ids.contains("place-duplicate");
                            });
        }
    }

    /** The pool's own settings name a balancer; the doctor's do not. */
    @Test
    void theRunningPoolIsAskedForItsBalancers() throws Exception {
        List<String> settings = new ArrayList<>(pool.settings());
        settings.removeIf(setting -> setting.startsWith("--balancer"));
        var seen = examine(settings);

        assertThat(seen.ids).isEmpty();
        assertThat(seen.text)
                .contains("the running pool, which says \\\"")
                .contains("balancer://app in http://127.0.0.1:" + manager + "/balancer-manager");
    }

    /** It may have been scaled since its settings were written. */
    @Test
    void theRunningPoolIsAskedForTheNumberOfItsMembers() {
        List<String> settings = new ArrayList<>(pool.settings());
        settings.add("--members=1");

        assertThat(pool.control("/members/m2/drain").statusCode()).isEqualTo(202);
        await().until(() -> examine(settings).ids.contains("member-out"));
        assertThat(pool.control("/members/m2/resume").statusCode()).isEqualTo(202);
        await().until(() -> examine(settings).ids.isEmpty());
    }

    @Test
    void thePoolKeepsWhatWasFoundLast() {
        assertThat(examine(balancer(manager)).ids).isEmpty();
        JsonNode kept = kept(pool);
        assertThat(kept.path("findings").asInt(-1)).isZero();
        assertThat(kept.path("ids")).isEmpty();
        assertThat(statusCommand()).contains("doctor: no findings less than a minute ago");

        List<String> settings = new ArrayList<>(pool.settings());
        settings.add("--route-prefix=x");
        assertThat(examine(settings).ids).hasSize(4);
        kept = kept(pool);
        assertThat(kept.path("findings").asInt()).isEqualTo(4);
        assertThat(kept.path("ids").toString()).isEqualTo("[\"member-foreign\",\"route\"]");
        assertThat(kept.path("secondsAgo").asInt(-1)).isNotNegative();
        assertThat(statusCommand())
                .contains(
                        "doctor: 4 findings less than a minute ago: member-foreign, route. Try:"
                                + " java -jar backend.jar doctor --explain member-foreign,route");
    }

    private static String statusCommand() {
        List<String> command = Backend.command("status");
        command.addAll(pool.settings());
        return Command.run(pool.directory(), command).output();
    }

    @Test
    void aPoolThatDoesNotTakeTheResultChangesNothingForTheDoctor() throws Exception {
        Path home = home("guarded");
        Path token = Files.writeString(home.resolve("token"), "0123456789abcdefXYZ");
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
        try (Backend guarded = Backend.start(home, 1, "--admin-token-file=" + token)) {
            Seen seen = examine(guarded.settings());
            assertThat(seen.exit).isZero();
            assertThat(seen.text)
                    .contains("The pool does not keep this result", "Authorization: Bearer");
            assertThat(kept(guarded).isNull()).isTrue();

            List<String> settings = new ArrayList<>(guarded.settings());
            settings.add("--admin-token-file=" + token);
            assertThat(examine(settings).text).doesNotContain("does not keep");
            assertThat(kept(guarded).path("findings").asInt(-1)).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "?findings=-1",
                "?findings=many",
                "?findings=1&id=%3Cscript%3E",
                "?findings=1&id="
            })
    void thePoolRefusesWhatIsNoResult(String query) {
        assertThat(examine(balancer(manager)).ids).isEmpty();
        assertThat(pool.control("/doctor" + query).statusCode()).isEqualTo(400);
        assertThat(kept(pool).path("findings").asInt(-1)).isZero();
    }

    private static JsonNode kept(Backend of) {
        return new JsonMapper().readTree(of.admin("/status.json").body()).path("doctor");
    }

    @Test
    void whatCannotBeLookedAt() throws Exception {
        var seen = examine(balancer(manager), "--httpd-conf=/nowhere/httpd.conf");
        assertThat(seen.exit).isEqualTo(2);
        assertThat(seen.text).contains("cannot read /nowhere/httpd.conf");
        seen = examine(balancer(manager), "--error-log=/nowhere/error.log");
        assertThat(seen.exit).isEqualTo(2);
        assertThat(seen.text).contains("cannot read /nowhere/error.log");
        assertThat(examine(balancer(manager), "--url=localhost").exit).isEqualTo(2);
        assertThat(examine(balancer(manager), "--url=http://me:" + secret + "@localhost/").exit)
                .isEqualTo(2);
        // Behind the front, and not the showcase.
        var other = examine(balancer(manager), url(front) + "status/");
        assertThat(other.ids).isEmpty();
        assertThat(other.text).contains("no /whoami of the showcase");
    }

    @Test
    void anAddressThatDoesNotLeadToThePool() throws Exception {
        assertThat(examine(balancer(manager), url(manager) + "server-status/").ids)
                .containsExactly("url-elsewhere");
    }

    /** As they are, in an httpd that has all modules; ports of theirs are not listened on. */
    @ParameterizedTest
    @ValueSource(strings = {"http.conf", "http-join.conf", "ajp.conf", "h2c.conf"})
    void theSamplesFitADefaultPool(String sample) throws Exception {
        Path home = home("samples");
        Path conf =
                Files.writeString(
                        home.resolve(sample),
                        Httpd.base(home, front)
                                + "LoadModule unique_id_module %1$s/mod_unique_id.so%n"
                                        .formatted(Httpd.modules())
                                + "LoadModule rewrite_module %1$s/mod_rewrite.so%n"
                                        .formatted(Httpd.modules())
                                + Files.readString(Path.of("apache-conf", sample))
                                        .replace("/etc/backpool/", directory + "/pool/data/"));
        List<String> flags =
                List.of(
                        "--httpd-conf=" + conf,
                        "--ajp-secret-file=" + directory.resolve("pool/data/ajp-secret"));

        assertThat(examine(flags).json.get("findings").toString())
                .doesNotContain(conf.toString(), "httpd-refuses", "module-missing");
    }

    /** The ids found by a configuration that no httpd runs with. */
    private static List<String> statically(String name, String text, String balancer)
            throws IOException {
        Path conf = Files.createTempFile(home(name), "wrong", ".conf");
        Files.writeString(conf, text);
        return examine(balancer, "--httpd-conf=" + conf).ids;
    }

    private record Seen(int exit, List<String> ids, String text, JsonNode json) {}

    private static Seen examine(String... arguments) {
        List<String> all = new ArrayList<>(pool.settings());
        all.add("--ajp-secret-file=" + directory.resolve("pool/data/ajp-secret"));
        all.addAll(List.of(arguments));
        return examine(all);
    }

    /** Tests run in the checkout, where a developer may have a {@code backend.yaml}. */
    private static final String NO_FILE = "--config=/dev/null";

    private static Seen examine(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of("doctor", "--json", NO_FILE));
        command.addAll(arguments);
        var out = new StringWriter();
        var err = new StringWriter();
        int exit =
                Main.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .setErr(new PrintWriter(err, true))
                        .execute(command.toArray(String[]::new));
        String text = out + "" + err;
        assertThat(text).doesNotContain(secret);
        assertThat(exit).as(text).isNotEqualTo(ExitCode.INTERNAL);
        List<String> ids = new ArrayList<>();
        JsonNode json = new JsonMapper().readTree(out.toString());
        if (exit <= 1) {
            json.get("findings").forEach(finding -> ids.add(finding.get("id").asString()));
            assertThat(exit).as(text).isEqualTo(ids.isEmpty() ? 0 : 1);
        }
        return new Seen(exit, ids, text, json);
    }

    private static String balancer(int port) {
        return "--balancer=http://127.0.0.1:" + port + "/balancer-manager";
    }

    private static String url(int port) {
        return "--url=http://127.0.0.1:" + port + "/";
    }

    private static String conf(Httpd of) {
        return "--httpd-conf=" + of.errorLog().resolveSibling("httpd.conf");
    }

    private static Path home(String name) throws IOException {
        return Files.createDirectories(directory.resolve(name));
    }

    private static String printed(String protocol) throws IOException {
        String text = PRINTED.get(protocol);
        if (text == null) {
            text = conf(protocol, front);
            PRINTED.put(protocol, text);
        }
        return text;
    }

    /** What {@code conf apache} prints; {@code join} stands for HTTP. */
    private static String conf(String protocol, int port) throws IOException {
        return conf(protocol, port, pool.settings());
    }

    private static String conf(String protocol, int port, List<String> settings)
            throws IOException {
        List<String> command = Backend.command("conf", "apache", "--standalone");
        command.addAll(settings);
        command.add("--ajp-secret-file=" + directory.resolve("pool/data/ajp-secret"));
        command.add("--listen=127.0.0.1:" + port);
        command.add("--manager-port=" + (port + 1));
        command.add(protocol.equals("join") ? "--membership=join" : "--protocol=" + protocol);
        Command printed = Command.run(home(protocol), command);
        assertThat(printed.exit()).as(printed.output()).isZero();
        return printed.output();
    }

    /** The same for an httpd in another folder. */
    private static String moved(String text, String name) throws IOException {
        Files.createDirectories(home(name).resolve("backpool-httpd"));
        return text.replace(home("http").toString(), home(name).toString());
    }

    private static HttpRequest request(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/" + path))
                .timeout(Duration.ofMinutes(1))
                .build();
    }

    private static int client(int port, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(request(port, path), BodyHandlers.ofString())
                .statusCode();
    }
}
