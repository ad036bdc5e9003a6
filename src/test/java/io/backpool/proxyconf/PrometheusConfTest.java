package io.backpool.proxyconf;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;

class PrometheusConfTest {
    @Test
    void alertsLinkToTheOperatorsOwnHosts() {
        String rules =
                PrometheusConf.rules(
                        URI.create("https://wiki.acme.net/pool"), URI.create("http://boards/"));

        assertThat(rules)
                .contains("runbook_url: https://wiki.acme.net/pool/operations.html#backpool")
                .contains("dashboard_url: http://boards/d/backpool-pool?var-job={{ $labels.job }}")
                .doesNotContain(".example");
    }

    @Test
    void alertsWithoutHostsHaveNoLinks() {
        assertThat(PrometheusConf.rules(null, null))
                .contains("alert: BackpoolUnreachable")
                .doesNotContain("_url:", ".example");
    }
}
