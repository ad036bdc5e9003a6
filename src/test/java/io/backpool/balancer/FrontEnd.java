package io.backpool.balancer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.backpool.config.BalancerConfig;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

/** A real httpd with a balancer, its manager and a client. Used by one thread. */
final class FrontEnd implements AutoCloseable {
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    private static final String MANAGER =
            """
            <Location /balancer-manager>
              SetHandler balancer-manager
              Require ip 127.0.0.0/8
            </Location>
            ProxyPass /balancer-manager !
            """;

    final int port = Ports.free();
    final Httpd httpd;
    private final Path directory;
    private final String balancer;

    /** {@code balancer} is what stands in and around {@code <Proxy balancer://app>}. */
    FrontEnd(Path parent, String balancer) throws IOException {
        this.directory = Files.createTempDirectory(parent, "httpd");
        this.balancer = balancer;
        this.httpd = Httpd.start(directory, text(MANAGER), port);
    }

    private String text(String manager) {
        return Httpd.base(directory, port) + manager + "ProxyPass / balancer://app/\n" + balancer;
    }

    /** Starts httpd again with this where its manager should be. */
    void replaceManager(String other) {
        httpd.restart(text(other), port);
    }

    /** Undoes {@link #replaceManager}. */
    void restoreManager() {
        replaceManager(MANAGER);
    }

    /** With one static member each. */
    static String declared(int... ports) {
        var text = new StringBuilder("<Proxy balancer://app>\n");
        int index = 1;
        for (int port : ports) {
            text.append(
                    "BalancerMember http://127.0.0.1:%d route=m%d retry=300\n"
                            .formatted(port, index++));
        }
        return text + "ProxySet stickysession=JSESSIONID maxattempts=2\n</Proxy>\n";
    }

    static String open(int growth) {
        return "<Proxy balancer://app>\nProxySet growth=" + growth + "\n</Proxy>\n";
    }

    URI url(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    BalancerConfig config(Membership membership) {
        return new BalancerConfig(
                url("/balancer-manager"), "app", Protocol.HTTP, membership, null, null);
    }

    /** Who answers, of so many requests; a status that is not 200 stands for itself. */
    Set<String> answers(int requests) {
        Set<String> answers = new TreeSet<>();
        for (int i = 0; i < requests; i++) {
            answers.add(answer(""));
        }
        return answers;
    }

    String answer(String cookie) {
        var request = HttpRequest.newBuilder(url("/")).timeout(Duration.ofSeconds(20));
        if (!cookie.isEmpty()) {
            request.header("Cookie", cookie);
        }
        try {
            var answer = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString(UTF_8));
            return answer.statusCode() == 200 ? answer.body() : "" + answer.statusCode();
        } catch (IOException e) {
            return e.toString();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        httpd.close();
    }
}
