package io.backpool.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.RawSocket;
import io.backpool.testkit.ServerProcess;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** The status page in a real browser, before a pool of processes behind a real httpd. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class StatusPageIT {
    private static final String TOKEN = "0123456789abcdefXYZ";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir static Path directory;

    private static Backend pool;
    private static Httpd httpd;
    private static int port;
    private static int managerPort;
    private ChromeDriver browser;

    @BeforeAll
    static void start() throws IOException {
        port = Ports.free();
        managerPort = Ports.free();
        pool = startPool(Files.createDirectory(directory.resolve("pool")));
        httpd =
                Httpd.printed(
                        directory,
                        port,
                        pool.settings(),
                        "--membership=static",
                        "--manager-port=" + managerPort);
        pool.process().await("httpd has every member", () -> pool.inRotation() == 2);
    }

    private static Backend startPool(Path home) throws IOException {
        Path token = Files.writeString(home.resolve("token"), TOKEN);
        assertThat(new File(token.toString()).setReadable(false, false)).isTrue();
        assertThat(new File(token.toString()).setReadable(true, true)).isTrue();
        return Backend.start(
                home,
                2,
                "--processes",
                "--sticky-grace=1s",
                "--admin-token-file=" + token,
                "--balancer=http://127.0.0.1:" + managerPort + "/balancer-manager,name=app");
    }

    @AfterAll
    static void stop() {
        httpd.close();
        pool.close();
    }

    @BeforeEach
    void open() {
        var options = new ChromeOptions();
        options.setBinary(ServerProcess.program("chromium", "chromium-browser", "google-chrome"));
        options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu");
        var logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, java.util.logging.Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        var service =
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(new File(ServerProcess.program("chromedriver")))
                        .usingAnyFreePort()
                        .build();
        browser = new ChromeDriver(service, options);
        browser.manage().window().setSize(new Dimension(1280, 900));
        browser.get("http://127.0.0.1:" + pool.adminPort() + "/status");
        awaitText(By.id("link"), "live");
    }

    @AfterEach
    void close() {
        browser.quit();
    }

    @Test
    void itShowsWhatHappensWhileItHappens() {
        awaitText(By.id("sentence"), "All 2 members serve in the front end.");
        assertThat(pool.get(1, "/status/500").statusCode()).isEqualTo(500);
        assertThat(ask("/bytes/100")).isEqualTo(200);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(text(row("m1"))).containsPattern("\\d ms / .*ms"));
        assertThat(text(row("m1"))).contains("serving", "in", "Ok", ":" + pool.httpPort(1), " MB");
        assertThat(text(By.id("events"))).contains("/app", "is back");
        assertThat(browser.getTitle()).isEqualTo("app – Backpool");
        assertThat(complaints()).isEmpty();
    }

    @Test
    void whatAnOperatorDoesIsSeenWithTheCommandThatEndsIt() {
        Command drained = control("drain", "m2");
        assertThat(drained.exit()).as(drained.output()).isZero();
        assertThat(drained.output()).contains("resume m2");

        awaitText(By.id("sentence"), "m2 is drained: it gets no new clients.");
        assertThat(text(By.id("command"))).isEqualTo("java -jar backend.jar resume m2");
        assertThat(text(row("m2"))).contains("draining", "out", "Drn");
        assertThat(text(By.id("events"))).contains("an operator asked for members/m2/drain");
        browser.findElement(By.id("copy")).sendKeys(Keys.ENTER);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(text(By.id("copied"))).isNotEmpty());

        Command resumed = control("resume", "m2");
        assertThat(resumed.output()).contains("All 2 members serve in the front end.");
        awaitText(By.id("sentence"), "All 2 members serve in the front end.");
        assertThat(browser.findElement(By.id("next")).isDisplayed()).isFalse();
    }

    @Test
    void whatDoctorFoundLastIsAtTheTop() {
        assertThat(control("doctor").exit()).isZero();
        awaitText(By.id("doctor-said"), "doctor: no findings less than a minute ago");
        assertThat(browser.findElement(By.id("doctor-command")).isDisplayed()).isFalse();

        assertThat(control("doctor", "--route-prefix=x").exit()).isEqualTo(1);
        awaitText(
                By.id("doctor-said"),
                "doctor: 4 findings less than a minute ago: member-foreign, route");
        String command = text(By.id("doctor-command"));
        assertThat(command)
                .isEqualTo("java -jar backend.jar doctor --explain member-foreign,route");
        assertThat(control(command.replace("java -jar backend.jar ", "").split(" ")).output())
                .contains("member-foreign  another process", "route  httpd has another route");
    }

    @Test
    void historyIsThereAfterAReload() {
        assertThat(ask("/bytes/100")).isEqualTo(200);
        await().atMost(PATIENCE)
                .until(() -> pool.admin("/status/history").body().contains("\"requests\":1"));
        browser.navigate().refresh();
        awaitText(By.id("link"), "live");
        assertThat(browser.findElement(By.id("rate-chart")).getAttribute("aria-label"))
                .matches("[1-9].* requests, of these .*");
    }

    private static Command control(String... words) {
        List<String> command = Backend.command(words);
        command.addAll(pool.settings());
        command.add("--admin-token-file=" + directory.resolve("pool/token"));
        return Command.run(directory, command);
    }

    @Test
    void aPoolThatGoesAwayAndComesBackIsSeen() throws IOException {
        Path home = Files.createTempDirectory(directory, "other");
        Backend other = Backend.start(home, 1);
        browser.get("http://127.0.0.1:" + other.adminPort() + "/status");
        awaitText(By.id("link"), "live");
        assertThat(browser.findElements(By.tagName("button"))).hasSize(1);
        assertThat(text(By.id("doctor-said"))).isEqualTo("doctor: no result yet");
        assertThat(text(By.id("doctor-command"))).isEqualTo("java -jar backend.jar doctor");
        int admin = other.adminPort();
        List<String> again = Backend.command("serve");
        again.addAll(other.settings());
        other.close();
        awaitText(By.id("link"), "no answer, trying again");

        try (var back = ServerProcess.start(home, home.resolve("again.log"), Map.of(), again)) {
            back.awaitPort(admin);
            awaitText(By.id("link"), "live");
            awaitText(By.id("sentence"), "The one member serves; no httpd is configured.");
        }
    }

    @Test
    void thePageMayLoadNothingAndOnlySoManyMayLook() throws Exception {
        var page = HTTP.send(request("/status"), BodyHandlers.ofString());
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .startsWith("default-src 'none'; connect-src 'self'")
                .contains("script-src 'sha256-")
                .doesNotContain("unsafe");
        List<RawSocket> open = new ArrayList<>();
        try {
            await().atMost(PATIENCE)
                    .until(
                            () -> {
                                var socket = RawSocket.connect(pool.adminPort());
                                open.add(socket);
                                socket.send(
                                        "GET /status/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
                                return firstLine(socket).contains(" 503 ");
                            });
            assertThat(open.size()).isLessThanOrEqualTo(StatusPage.MAX_STREAMS + 1);
        } finally {
            for (RawSocket socket : open) {
                socket.close();
            }
        }
    }

    private static String firstLine(RawSocket socket) {
        return RawSocket.text(socket.readUntil(seen -> RawSocket.text(seen).contains("\r\n")));
    }

    private static HttpRequest request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + pool.adminPort() + path))
                .build();
    }

    private static int ask(String path) {
        return pool.get(2, path).statusCode();
    }

    private static By row(String route) {
        return By.xpath("//tbody/tr[th[1][starts-with(., '" + route + "')]]");
    }

    private String text(By where) {
        return browser.findElement(where).getText();
    }

    private void awaitText(By where, String text) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(text(where)).isEqualTo(text));
    }

    private List<String> complaints() {
        return browser.manage().logs().get(LogType.BROWSER).getAll().stream()
                .map(Object::toString)
                .toList();
    }
}
