package io.backpool.server;

import io.backpool.config.Config;
import io.backpool.config.ConfigReader;
import io.backpool.exchange.RequestFacts;
import io.backpool.testkit.Ports;
import io.backpool.testkit.Protocol;
import io.backpool.testkit.RawAnswer;
import io.undertow.security.impl.ExternalAuthenticationMechanism;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.SSLSessionInfo;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** One member with real listeners in the test's own JVM, in front of a handler of the test's. */
final class TestMember implements AutoCloseable {
    /** Undertow reads it once a JVM, so all tests share it. */
    static final String SECRET =
            Objects.requireNonNullElse(
                    System.getProperty("io.undertow.ajp.AJP_SECRET"), "secret-of-the-tests");

    private final Config config;
    private final ServerResources resources;
    private final HttpHandler application;
    private final MemberServer server;
    private @Nullable MemberServer second;

    private TestMember(Config config, Function<ServerResources, HttpHandler> application) {
        System.setProperty("io.undertow.ajp.AJP_SECRET", SECRET);
        this.config = config;
        this.resources = ServerResources.open(config);
        this.application = application.apply(resources);
        this.server = open(1);
    }

    private MemberServer open(int index) {
        var opened =
                MemberServer.open(config, index, resources, application, new RequestObserver() {});
        opened.health().state(MemberState.SERVING);
        return opened;
    }

    /** Opens member 2 beside it; the HTTP port of that. */
    int openSecond() {
        second = open(2);
        return config.pool().httpPort(2);
    }

    /** Opens one. Settings are {@code BACKPOOL_} variables without that prefix. */
    static TestMember openWith(
            Map<String, String> settings, Function<ServerResources, HttpHandler> application) {
        Map<String, String> variables = new HashMap<>();
        int port = Ports.free(4);
        variables.put("BACKPOOL_POOL_HTTP_PORT", Integer.toString(port));
        variables.put("BACKPOOL_POOL_AJP_PORT", Integer.toString(port + 2));
        settings.forEach((name, value) -> variables.put("BACKPOOL_" + name, value));
        return new TestMember(ConfigReader.read(null, variables, Map.of()), application);
    }

    static TestMember open(Map<String, String> settings, HttpHandler application) {
        return openWith(settings, resources -> application);
    }

    int secondAjpPort() {
        return config.pool().ajpPort(2);
    }

    Config config() {
        return config;
    }

    MemberServer server() {
        return server;
    }

    ServerResources resources() {
        return resources;
    }

    int httpPort() {
        return config.pool().httpPort(1);
    }

    int ajpPort() {
        return config.pool().ajpPort(1);
    }

    @Override
    public void close() {
        server.close();
        if (second != null) {
            second.close();
        }
        resources.close();
    }

    /** Sends one request to the port of this protocol. */
    RawAnswer send(
            Protocol protocol,
            String method,
            String path,
            @Nullable Object body,
            String... headers) {
        int port = protocol == Protocol.AJP ? ajpPort() : httpPort();
        return protocol.send(port, SECRET, method, path, body, headers);
    }

    /** Answers what the exchange says of the client, a line {@code name=value} each. */
    static void tellFacts(HttpServerExchange exchange) {
        var facts = new StringBuilder();
        add(facts, "protocol", RequestFacts.protocol(exchange));
        add(facts, "client", exchange.getSourceAddress().getAddress().getHostAddress());
        add(facts, "port", exchange.getSourceAddress().getPort());
        add(facts, "scheme", exchange.getRequestScheme());
        add(facts, "host", exchange.getHostAndPort());
        add(facts, "user", exchange.getAttachment(HttpServerExchange.REMOTE_USER));
        add(
                facts,
                "auth",
                exchange.getAttachment(
                        ExternalAuthenticationMechanism.EXTERNAL_AUTHENTICATION_TYPE));
        SSLSessionInfo tls = exchange.getConnection().getSslSessionInfo();
        add(facts, "tls", tls == null ? null : tls.getSecureProtocol());
        add(facts, "cipher", tls == null ? null : tls.getCipherSuite());
        add(facts, "bits", tls == null ? null : tls.getKeySize());
        add(facts, "subject", tls == null ? null : subject(tls));
        add(facts, "id", Objects.requireNonNull(RequestFacts.of(exchange)).requestId());
        exchange.getRequestHeaders()
                .forEach(header -> add(facts, "header." + header.getHeaderName(), header));
        exchange.getResponseSender().send(facts.toString());
    }

    private static Object subject(SSLSessionInfo tls) {
        try {
            return ((X509Certificate) tls.getPeerCertificates()[0]).getSubjectX500Principal();
        } catch (SSLPeerUnverifiedException e) {
            return "none";
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void add(StringBuilder facts, String name, @Nullable Object value) {
        facts.append(name).append('=').append(value).append('\n');
    }
}
