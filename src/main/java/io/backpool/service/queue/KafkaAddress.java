package io.backpool.service.queue;

import io.backpool.config.ServiceUrl;
import io.backpool.engine.UrlOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;

/**
 * Where Kafka is, and how it is spoken to: {@code
 * kafka://USER:PASSWORD@HOST:PORT,HOST:PORT?mechanism=SCRAM-SHA-256}, {@code kafkas://} with TLS.
 */
final class KafkaAddress {
    private static final int PORT = 9092;
    private static final Pattern URL =
            Pattern.compile("kafkas?://(?:([^/?#@]*)@)?([^/?#@]+)/?(?:\\?[^#]*)?");

    private static final Pattern SERVER =
            Pattern.compile("((?:[\\w.-]+|\\[[0-9a-fA-F:]+]))(?::(\\d{1,5}))?");

    private static final List<String> MECHANISMS =
            List.of("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN");

    private final Map<String, Object> settings = new HashMap<>();

    /**
     * Reads the URL.
     *
     * @throws IllegalArgumentException if it can't be used; the message holds no secret
     */
    KafkaAddress(ServiceUrl url) {
        Matcher parts = URL.matcher(url.withSecrets());
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    "it has a path, or a reserved character that is not percent-encoded");
        }
        boolean tls = url.scheme().equals("kafkas");
        String user = parts.group(1);
        var options =
                user == null
                        ? new UrlOptions(url.withSecrets(), tls)
                        : new UrlOptions(url.withSecrets(), tls, "mechanism");
        settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, servers(parts.group(2)));
        settings.put(
                CommonClientConfigs.SECURITY_PROTOCOL_CONFIG,
                (user == null ? "" : "SASL_") + (tls ? "SSL" : "PLAINTEXT"));
        if (user != null) {
            addUser(user, options.get("mechanism", MECHANISMS.get(0)));
        }
        if (!options.verifies()) {
            settings.put(SslConfigs.SSL_ENDPOINT_IDENTIFICATION_ALGORITHM_CONFIG, "");
        }
        Path certificates = options.caCert();
        if (certificates != null) {
            settings.put(SslConfigs.SSL_TRUSTSTORE_TYPE_CONFIG, "PEM");
            settings.put(SslConfigs.SSL_TRUSTSTORE_LOCATION_CONFIG, certificates.toString());
        }
    }

    /** Settings of all clients. */
    Map<String, Object> settings() {
        return new HashMap<>(settings);
    }

    private static String servers(String text) {
        List<String> servers = new ArrayList<>();
        for (String one : text.split(",", -1)) {
            Matcher server = SERVER.matcher(one);
            if (!server.matches()) {
                throw new IllegalArgumentException(one + " is not HOST:PORT");
            }
            String port = server.group(2);
            servers.add(server.group(1) + ":" + (port == null ? PORT : port));
        }
        return String.join(",", servers);
    }

    private void addUser(String user, String mechanism) {
        String[] parts = user.split(":", 2);
        if (parts.length < 2 || !MECHANISMS.contains(mechanism)) {
            throw new IllegalArgumentException(
                    "a user has a password, and mechanism= is one of "
                            + String.join(", ", MECHANISMS));
        }
        String module = mechanism.equals("PLAIN") ? "plain.Plain" : "scram.Scram";
        settings.put(SaslConfigs.SASL_MECHANISM, mechanism);
        settings.put(
                SaslConfigs.SASL_JAAS_CONFIG,
                "org.apache.kafka.common.security.%sLoginModule required username=%s password=%s;"
                        .formatted(module, quoted(parts[0]), quoted(parts[1])));
    }

    private static String quoted(String encoded) {
        return '"' + UrlOptions.decode(encoded).replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
