package io.backpool.observe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.backpool.balancer.Standing;
import io.backpool.observe.History.Second;
import io.backpool.observe.PoolView.ChangeProgress;
import io.backpool.observe.PoolView.MemberView;
import io.backpool.observe.RecentEvents.Event;
import io.backpool.observe.StatusReport.FrontEnd;
import io.backpool.observe.StatusReport.HttpdMember;
import io.backpool.testkit.ServerProcess;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import tools.jackson.databind.json.JsonMapper;

/**
 * The status page in every state that it knows, wide and on a phone, light and dark. Pictures for
 * people are in {@code target/pictures}.
 */
class StatusPageStatesIT {
    private static final String A = "10.0.0.4:9980/app";
    private static final String B = "10.0.0.5:9980/app";
    private static final String REFUSED =
            "httpd refuses user or password (401): are user and password-file right?";
    private static final Standing IN = new Standing(Standing.IN, null, null);

    private static HttpServer server;
    private static ChromeDriver browser;
    private static volatile String status = "";
    private static volatile String later = "";
    private final JsonMapper json = new JsonMapper();

    @BeforeAll
    static void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/status", asked -> send(asked, "text/html", page()));
        server.createContext(
                "/status/history",
                asked ->
                        send(
                                asked,
                                "application/json",
                                new JsonMapper().writeValueAsString(history())));
        server.createContext("/status/events", StatusPageStatesIT::events);
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
        var options = new ChromeOptions();
        options.setBinary(ServerProcess.program("chromium", "chromium-browser", "google-chrome"));
        options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu");
        browser =
                new ChromeDriver(
                        new ChromeDriverService.Builder()
                                .usingDriverExecutable(
                                        new File(ServerProcess.program("chromedriver")))
                                .usingAnyFreePort()
                                .build(),
                        options);
    }

    @AfterAll
    static void stop() {
        browser.quit();
        server.stop(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "good",
                "unknown",
                "out",
                "drained",
                "none-serves",
                "starting",
                "rolling",
                "canary",
                "service",
                "hosts",
                "alone"
            })
    void itIsReadableEverywhere(String state) throws IOException {
        status = json.writeValueAsString(report(state, 1));
        later = json.writeValueAsString(report(state, 2));
        browser.get("http://127.0.0.1:" + server.getAddress().getPort() + "/status");
        for (String scheme : List.of("light", "dark")) {
            browser.executeCdpCommand(
                    "Emulation.setEmulatedMedia",
                    Map.of(
                            "features",
                            List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
            for (int width : List.of(1440, 390)) {
                size(width, 900);
                await().atMost(Duration.ofSeconds(30))
                        .until(
                                () ->
                                        browser.findElement(By.id("members"))
                                                .getText()
                                                .contains(" ms / "));
                Number wide =
                        Objects.requireNonNull(
                                (Number)
                                        browser.executeScript(
                                                "return document.documentElement.scrollWidth"));
                assertThat(wide.intValue())
                        .as("%s at %d", scheme, width)
                        .isLessThanOrEqualTo(width);
                Number high =
                        Objects.requireNonNull(
                                (Number)
                                        browser.executeScript(
                                                "return document.documentElement.scrollHeight"));
                size(width, high.intValue());
                Path pictures = Files.createDirectories(Path.of("target", "pictures"));
                Files.write(
                        pictures.resolve("status-%s-%s-%d.png".formatted(state, scheme, width)),
                        browser.getScreenshotAs(OutputType.BYTES));
            }
        }
        assertThat(unnamed()).as("what a screen reader can't name").isZero();
        assertThat(browser.findElement(By.id("hosts-card")).isDisplayed())
                .isEqualTo(state.equals("hosts"));
    }

    @Test
    void membersOfOtherPoolsAreShownByHostAndNothingInTheirNamesIsMarkup() {
        status = json.writeValueAsString(report("hosts", 1));
        later = json.writeValueAsString(report("hosts", 2));
        browser.get("http://127.0.0.1:" + server.getAddress().getPort() + "/status");
        size(1440, 900);
        By table = By.cssSelector("#hosts table");
        await().untilAsserted(
                        () ->
                                assertThat(browser.findElement(table).getText())
                                        .contains("http://10.0.0.8:8081\nInit Ok 100 2,000 3"));
        assertThat(browser.findElement(table).getText())
                .containsSubsequence(
                        A,
                        "10.0.0.7",
                        "m1\nhttp://10.0.0.7:8081 (this pool)\nInit Ok",
                        "10.0.0.8",
                        "<img src=x>",
                        "10.0.0.9",
                        "no member");
        assertThat(browser.findElements(By.tagName("img"))).isEmpty();
    }

    private static void size(int width, int height) {
        browser.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of(
                        "width",
                        width,
                        "height",
                        height,
                        "deviceScaleFactor",
                        1,
                        "mobile",
                        width < 500));
    }

    /** Controls and pictures without a name. */
    private static int unnamed() {
        Number count =
                Objects.requireNonNull(
                        (Number)
                                browser.executeScript(
                                        "return"
                                            + " [...document.querySelectorAll('button,a,svg,section')].filter(it"
                                            + " => !it.closest('[hidden]')).filter(it =>"
                                            + " !it.getAttribute('aria-label') &&"
                                            + " !it.getAttribute('aria-labelledby') &&"
                                            + " !it.textContent.trim()).length"));
        return count.intValue();
    }

    private static StatusReport report(String state, int look) {
        var pool = new FakePool(state, look);
        return new StatusReport(
                new StatusReport.Pool(
                        "shop", "1.4.0", 273_000, "127.0.0.1", "m", 8081, 8009, false),
                Verdict.of(
                        pool.services(),
                        pool.members(),
                        pool.answering(),
                        pool.change(),
                        List.of()),
                pool.members(),
                pool.answering(),
                pool.services(),
                true,
                pool.change(),
                pool.change(),
                List.of(),
                events(),
                history().get(History.SECONDS - 1),
                examined(state));
    }

    private static DoctorReport.@Nullable Result examined(String state) {
        return switch (state) {
            case "good" -> new DoctorReport.Result(42, 0, List.of());
            case "drained" -> new DoctorReport.Result(310, 2, List.of("ttl", "AH00957"));
            default -> null;
        };
    }

    private static List<Event> events() {
        Instant at = Instant.parse("2026-11-26T18:20:00Z");
        return List.of(
                new Event(at, "INFO", "httpd", "http://10.0.0.4:9980/balancer-manager - m1: in"),
                new Event(
                        at.plusSeconds(60), "WARN", "pool", "m3 - ended by signal 9, starts again"),
                new Event(at.plusSeconds(61), "INFO", "pool", "m3 - serving as pid 4711"),
                new Event(
                        at.plusSeconds(90),
                        "INFO",
                        "operator",
                        "an operator asked for members/m2/drain"),
                new Event(at.plusSeconds(120), "ERROR", "httpd", B + ": " + REFUSED),
                new Event(at.plusSeconds(150), "INFO", "roll", "m1 - back with version 1.5.0"));
    }

    /** Traffic by the hour, with a few errors and refusals in the middle. */
    private static List<Second> history() {
        return IntStream.range(0, History.SECONDS)
                .mapToObj(
                        i -> {
                            long requests = Math.round(300 + 180 * Math.sin(i / 90.0) + i * 7 % 40);
                            boolean trouble = i > 420 && i < 480;
                            return new Second(
                                    1_000_000_000L + i * 1000L,
                                    requests,
                                    trouble ? requests / 5 : 0,
                                    trouble ? requests / 9 : 0,
                                    7,
                                    4,
                                    4.0 + i % 5,
                                    (trouble ? 180.0 : 35.0) + i % 11);
                        })
                .toList();
    }

    private static String page() {
        try (InputStream in = StatusPage.class.getResourceAsStream("status.html")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Two looks at the pool, a second apart, so that there are rates. */
    private static void events(HttpExchange asked) throws IOException {
        asked.getResponseHeaders().add("Content-Type", "text/event-stream");
        asked.sendResponseHeaders(200, 0);
        try (OutputStream out = asked.getResponseBody()) {
            out.write(("data: " + status + "\n\n").getBytes(UTF_8));
            out.flush();
            TimeUnit.SECONDS.sleep(1);
            out.write(("data: " + later + "\n\n").getBytes(UTF_8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void send(HttpExchange asked, String type, String text) throws IOException {
        asked.getResponseHeaders().add("Content-Type", type + "; charset=utf-8");
        byte[] bytes = text.getBytes(UTF_8);
        asked.sendResponseHeaders(200, bytes.length);
        asked.getResponseBody().write(bytes);
        asked.close();
    }

    /** Four members behind two httpd, in the state that is named. */
    private record FakePool(String state, int look) {
        List<MemberView> members() {
            return IntStream.rangeClosed(1, 4).mapToObj(this::member).toList();
        }

        private MemberView member(int index) {
            String life =
                    switch (state) {
                        case "starting" -> "starting";
                        case "none-serves" -> index < 3 ? "draining" : "starting";
                        case "drained" -> index == 2 ? "draining" : "serving";
                        case "rolling" -> index == 2 ? "starting" : "serving";
                        default -> "serving";
                    };
            Standing a = standing(index, life);
            Standing b =
                    state.equals("unknown")
                            ? new Standing(
                                    Standing.UNKNOWN, REFUSED, "java -jar backend.jar doctor")
                            : a;
            boolean alone = state.equals("alone");
            boolean canary = state.equals("canary") && index == 4;
            return new MemberView(
                    "m" + index,
                    life,
                    life.equals("serving"),
                    life.equals("starting") ? 0 : 4700 + index,
                    8080 + index,
                    alone ? 0 : 8008 + index,
                    life.equals("starting") ? -1 : index,
                    -1,
                    index == 3 ? 1 : 0,
                    traffic(canary ? 40 : 0),
                    alone ? Map.of() : Map.of(A, flags(a), B, flags(b)),
                    alone ? Map.of() : Map.of(A, a, B, b),
                    canary ? "1.5.0" : "1.4.0",
                    Usage.NONE,
                    100,
                    null);
        }

        private Standing standing(int index, String life) {
            if (state.equals("out") && index == 2) {
                return new Standing(
                        Standing.OUT,
                        "held by an operator in balancer-manager until it is resumed",
                        "java -jar backend.jar resume m2");
            }
            return life.equals("serving")
                    ? IN
                    : new Standing(Standing.OUT, "the pool took it out", null);
        }

        private static String flags(Standing standing) {
            return switch (standing.state()) {
                case Standing.IN -> "Init Ok";
                case Standing.OUT -> "Init Drn Ok";
                default -> "unknown";
            };
        }

        private Traffic traffic(long failed) {
            List<Long> buckets = new ArrayList<>();
            LongStream.rangeClosed(1, RequestTimer.BUCKETS.length)
                    .forEach(i -> buckets.add(look * Math.min(100, i * 16)));
            var load = new Load(3, 64, 11, 32, 210L << 20, 512L << 20);
            return new Traffic(100L * look, failed * look, 2L * look, 0, 0, load, buckets);
        }

        List<FrontEnd> answering() {
            if (state.equals("alone")) {
                return List.of();
            }
            boolean away = state.equals("unknown");
            return List.of(
                    new FrontEnd(
                            A,
                            "http://10.0.0.4:9980/balancer-manager",
                            "app",
                            "HTTP",
                            "STATIC",
                            "up",
                            null,
                            12,
                            138,
                            List.of(),
                            listed()),
                    new FrontEnd(
                            B,
                            "http://10.0.0.5:9980/balancer-manager",
                            "app",
                            "HTTP",
                            "STATIC",
                            away ? "unknown" : "up",
                            away ? REFUSED : null,
                            away ? -1 : 9,
                            away ? -1 : 141,
                            List.of(),
                            List.of()));
        }

        /** With those of two other pools, one of which has stopped, and a name that is none. */
        private List<HttpdMember> listed() {
            List<HttpdMember> own = List.of(listed("10.0.0.7", "m1", "Init Ok", true, false));
            if (!state.equals("hosts")) {
                return own;
            }
            return Stream.of(
                            own,
                            List.of(
                                    listed("10.0.0.8", "10-0-0-8-m1", "Init Ok", false, false),
                                    listed("10.0.0.8", "<img src=x>", "Init Err", false, false),
                                    listed("10.0.0.8", "10-0-0-8-m3", "Init Dis", false, true),
                                    listed("10.0.0.9", "10-0-0-9-m1", "Init Dis", false, true)))
                    .flatMap(List::stream)
                    .toList();
        }

        private HttpdMember listed(
                String host, String route, String flags, boolean own, boolean free) {
            return new HttpdMember(
                    host,
                    route,
                    "http://" + host + ":8081",
                    flags,
                    flags.equals("Init Ok"),
                    100,
                    1000L * look,
                    3,
                    own,
                    free);
        }

        Map<String, String> services() {
            return Map.of("cache", "UP", "database", state.equals("service") ? "DOWN" : "UP");
        }

        @Nullable ChangeProgress change() {
            return state.equals("rolling")
                    ? new ChangeProgress(
                            "restart",
                            true,
                            List.of("m1 - leaves", "m1 - back with version 1.5.0", "m2 - leaves"),
                            null)
                    : null;
        }
    }
}
