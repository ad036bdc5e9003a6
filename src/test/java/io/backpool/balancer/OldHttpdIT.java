package io.backpool.balancer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.backpool.config.BalancerConfig;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.HttpdCheck;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** A balancer-manager of before 2.4.55, which has no GET11, in the words of the real one. */
class OldHttpdIT {
    private static final String XML =
            """
            <?xml version="1.0" encoding="UTF-8" ?>
            <httpd:manager xmlns:httpd="http://httpd.apache.org"><httpd:balancers><httpd:balancer>
            <httpd:name>balancer://app</httpd:name><httpd:nonce>n</httpd:nonce><httpd:workers>
            <httpd:worker><httpd:name>http://127.0.0.1:8081</httpd:name><httpd:scheme>http</httpd:scheme>
            <httpd:hostname>127.0.0.1</httpd:hostname><httpd:port>8081</httpd:port>
            <httpd:status>Init Ok </httpd:status></httpd:worker>
            </httpd:workers></httpd:balancer></httpd:balancers></httpd:manager>
            """;

    private final AtomicReference<String> method = new AtomicReference<>("NONE");

    @Test
    void aHealthCheckIsDoneByGetWhereHttpdHasNoGet11() throws Exception {
        HttpServer httpd =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        httpd.createContext(
                "/",
                exchange -> {
                    String query =
                            Objects.requireNonNullElse(exchange.getRequestURI().getQuery(), "");
                    String form = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
                    if (form.contains("w_hm=GET&")) {
                        method.set("GET");
                    }
                    byte[] body = (query.startsWith("b=") ? editForm() : XML).getBytes(UTF_8);
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        httpd.start();
        try {
            URI manager = URI.create("http://127.0.0.1:" + httpd.getAddress().getPort() + "/m");
            var client =
                    new BalancerManager(
                            new BalancerConfig(
                                    manager, "app", Protocol.HTTP, Membership.JOIN, null, null));
            Balancer seen = client.read();
            client.update(
                    seen, seen.members().get(0), List.of(Change.healthCheck(HttpdCheck.READINESS)));
            assertThat(method).hasValue("GET");
        } finally {
            httpd.stop(0);
        }
    }

    private String editForm() {
        var form = new StringBuilder("<select name='w_hm'>");
        for (String each : List.of("NONE", "GET", "CPING")) {
            boolean selected = each.equals(method.get());
            form.append("<option value='" + each + (selected ? "' selected >" : "' >"));
        }
        return form
                + "<input name='w_hu' id='w_hu' type='text' value=\"/health/ready\">"
                + "<input name='w_hi' id='w_hi' type='text' value='1000'>";
    }
}
