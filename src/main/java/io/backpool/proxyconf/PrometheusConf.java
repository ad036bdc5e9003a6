package io.backpool.proxyconf;

import io.backpool.config.Config;
import io.backpool.config.NumericAddress;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A complete prometheus.yml for a pool, and its alerts. A pure function of the settings. */
public final class PrometheusConf {
    private PrometheusConf() {}

    /**
     * @param rules the file with {@link #rules}
     */
    public static String render(Config config, Path rules) {
        return Template.fill(
                TEMPLATE,
                Map.of(
                        "name",
                        config.pool().name(),
                        "rules",
                        quoted(rules.toAbsolutePath().normalize().toString()),
                        "targets",
                        "http://%s:%d/targets"
                                .formatted(
                                        NumericAddress.host(config.admin().bind()),
                                        config.admin().port())));
    }

    /**
     * The alerts of {@code grafana/alerts}, with links to one's own hosts.
     *
     * @param runbooks where operations.html is, such as {@code https://wiki.example}; null: the
     *     alerts link to none
     * @param grafana where the boards are; null: the alerts link to none
     */
    public static String rules(@Nullable URI runbooks, @Nullable URI grafana) {
        String rules = resource().replaceAll("(?m)^# The hosts (.*\\R)# --runbooks .*\\R", "");
        return linked(
                linked(rules, "runbook_url: https://backpool.example/", runbooks),
                "dashboard_url: https://grafana.example/",
                grafana);
    }

    private static String linked(String rules, String example, @Nullable URI base) {
        if (base == null) {
            return rules.replaceAll("(?m)^ *" + Pattern.quote(example) + ".*\\R", "");
        }
        String label = example.substring(0, example.indexOf(' ') + 1);
        return rules.replace(example, label + base.toString().replaceFirst("/*$", "/"));
    }

    private static String resource() {
        try (InputStream in =
                Objects.requireNonNull(
                        PrometheusConf.class.getResourceAsStream("alerts/backpool.yml"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** In YAML's single quotes; Prometheus takes the text for a pattern. */
    private static String quoted(String path) {
        return "'" + path.replaceAll("[*?\\[\\\\]", "\\\\$0").replace("'", "''") + "'";
    }

    private static final String TEMPLATE =
            """
            # Prometheus for the pool @name@: "prometheus --config.file=THIS-FILE" starts it. For 2.42
            # and later.
            # Printed by "java -jar backend.jar conf prometheus" from the pool's settings: print it
            # again when those change, rather than editing it here.
            global:
              scrape_interval: 15s
              evaluation_interval: 15s

            # Alerts; what to do about each is in operations.md. Who is to hear of them: "alerting".
            rule_files:
              - @rules@

            scrape_configs:
              # One job a pool: boards and alerts put series together by it. The admin listener names
              # itself and, with processes, that of each member. Reading needs no token.
              - job_name: @name@
                http_sd_configs:
                  - url: @targets@
                    refresh_interval: 30s
            """;
}
