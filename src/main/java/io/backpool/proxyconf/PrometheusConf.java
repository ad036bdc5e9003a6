package io.backpool.proxyconf;

import io.backpool.config.AdminConfig;
import io.backpool.config.Config;
import io.backpool.config.NumericAddress;
import io.backpool.config.TlsConfig;
import io.backpool.config.TlsFileException;
import io.backpool.config.TlsFiles;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A complete prometheus.yml for a pool, and its alerts. A pure function of the settings. */
public final class PrometheusConf {
    private PrometheusConf() {}

    /**
     * @param rules the file with {@link #rules}
     * @param others admin listeners of pools with members in one balancer, a slash at the end;
     *     empty: that of the settings alone
     * @param authority where Prometheus has the certificates that it trusts there, PEM; null: it
     *     trusts its system's, of the settings' own pool its certificate
     */
    public static String render(
            Config config, Path rules, List<URI> others, @Nullable Path authority) {
        List<URI> pools = others.isEmpty() ? List.of(config.admin().url().resolve("/")) : others;
        TlsConfig own = others.isEmpty() ? config.admin().tls() : null;
        String tls = tls(config.admin(), own, authority);
        return Template.fill(
                TEMPLATE,
                Map.of(
                        "name",
                        config.pool().name(),
                        "rules",
                        quoted(rules.toAbsolutePath().normalize().toString()),
                        "scheme",
                        scheme(pools, tls),
                        "pools",
                        pools.stream()
                                .map(
                                        pool ->
                                                Template.fill(
                                                        POOL,
                                                        Map.of(
                                                                "targets",
                                                                pool.resolve("targets"),
                                                                "tls",
                                                                isTls(pool) ? tls : "")))
                                .collect(Collectors.joining())));
    }

    /** Of the job. Where some pools speak https, their targets say so themselves. */
    private static String scheme(List<URI> pools, String tls) {
        return pools.stream().allMatch(PrometheusConf::isTls)
                ? "scheme: https\n" + tls
                : pools.stream().anyMatch(PrometheusConf::isTls) ? tls : "";
    }

    private static boolean isTls(URI pool) {
        return pool.getScheme().equals("https");
    }

    private static String tls(
            AdminConfig admin, @Nullable TlsConfig own, @Nullable Path authority) {
        Path trusted = authority != null || own == null ? authority : own.certificate();
        if (trusted == null) {
            return "";
        }
        String name = own == null ? "" : serverName(admin, own);
        return "tls_config:\n  ca_file: '%s'\n%s"
                .formatted(
                        trusted.toAbsolutePath().normalize().toString().replace("'", "''"),
                        name.isEmpty() ? "" : "  server_name: '" + name + "'\n");
    }

    /** What Prometheus compares with the certificate; empty: the host that it asks. */
    private static String serverName(AdminConfig admin, TlsConfig own) {
        try {
            List<String> names = TlsFiles.alternativeNames(TlsFiles.own(own));
            String host = NumericAddress.withoutBrackets(admin.url().getHost());
            return names.contains(host)
                    ? ""
                    : names.stream().filter(name -> !name.contains("*")).findFirst().orElse("");
        } catch (TlsFileException e) { // Printed elsewhere than the pool runs.
            return "";
        }
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
              # One job a balancer: boards and alerts put series together by it, those of pools on several
              # hosts, too. An admin listener names itself and, with processes, that of each member.
              # Reading needs no token.
              - job_name: @name@
                @scheme@
                http_sd_configs:
                  @pools@
            """;

    private static final String POOL =
            """
            - url: @targets@
              refresh_interval: 30s
              @tls@
            """;
}
