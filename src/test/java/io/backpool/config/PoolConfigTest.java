package io.backpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.config.BalancerConfig.Protocol;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where front ends find the members. */
class PoolConfigTest {
    @Test
    void membersAreWhereTheyListenUnlessAnotherHostIsAdvertised() {
        assertThat(url("127.0.0.1", null)).isEqualTo("http://127.0.0.1:8082");
        assertThat(url("0:0:0:0:0:0:0:1", null)).isEqualTo("http://[::1]:8082");
        assertThat(url("0.0.0.0", null)).isEqualTo("http://127.0.0.1:8082");
        assertThat(url("::", null)).isEqualTo("http://[::1]:8082");
        assertThat(url("0.0.0.0", "10.0.0.5")).isEqualTo("http://10.0.0.5:8082");
        assertThat(url("::", "[2001:DB8:0::1]")).isEqualTo("http://[2001:db8::1]:8082");
        assertThat(url("10.0.0.5", "Backend-1.Example.org"))
                .isEqualTo("http://backend-1.example.org:8082");
        PoolConfig pool = read("::1", null, "").pool();
        assertThat(pool.url(Protocol.AJP, 1)).hasToString("ajp://[::1]:8009");
        assertThat(pool.url(Protocol.H2C, 1)).hasToString("h2c://[::1]:8081");
    }

    @Test
    void routesBeginWithTheHostWhereOthersReachIt() {
        assertThat(route("127.0.0.1", null)).isEqualTo("m1");
        assertThat(route("::", null)).isEqualTo("m1");
        assertThat(route("10.0.0.5", null)).isEqualTo("10-0-0-5-m1");
        assertThat(route("0.0.0.0", "App1.example")).isEqualTo("app1-example-m1");
        assertThat(route("fd00::5", null)).isEqualTo("fd00--5-m1");
        // httpd has 63 characters for a route, a prefix has 32.
        assertThat(route("::", "ip-10-0-0-5.eu-central-1.compute.internal"))
                .isEqualTo("ip-10-0-0-5-eu-central--fdb271-m1");
        assertThat(route("::", "ip-10-0-0-5.eu-central-2.compute.internal"))
                .startsWith("ip-10-0-0-5-eu-central-")
                .isNotEqualTo("ip-10-0-0-5-eu-central--fdb271-m1");
        PoolConfig pool = read("127.0.0.1", null, "").pool();
        assertThat(pool.at("10.0.0.6", null).route(2)).isEqualTo("10-0-0-6-m2");
        assertThat(pool.at("10.0.0.6", "b").route(2)).isEqualTo("b2");
    }

    @Test
    void whatNoFrontEndCanReachIsRefused() {
        for (String text :
                new String[] {"0.0.0.0", "::", "[::]", "10.0.0.256", "a b", "", "http://x"}) {
            assertThatThrownBy(() -> read("127.0.0.1", text, ""))
                    .as(text)
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("ADVERTISE");
        }
    }

    @Test
    void aBalancerThatIsJoinedMustBeToldOneAddress() {
        String join = "http://127.0.0.1:1/a,membership=join http://127.0.0.1:2/a,membership=join";
        for (String every : new String[] {"0.0.0.0", "::"}) {
            assertThatThrownBy(() -> read(every, null, join))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining(
                            "pool.advertise: is missing: pool.bind is every address ("
                                    + every
                                    + ")");
        }
        assertThat(read("0.0.0.0", "10.0.0.5", join).balancers()).hasSize(2);
        assertThat(read("10.0.0.5", null, join).balancers()).hasSize(2);
        assertThat(read("0.0.0.0", null, "http://127.0.0.1:1/a").balancers()).hasSize(1);
    }

    private static String route(String bind, @org.jspecify.annotations.Nullable String advertise) {
        return read(bind, advertise, "").pool().route(1);
    }

    private static String url(String bind, @org.jspecify.annotations.Nullable String advertise) {
        return read(bind, advertise, "").pool().url(Protocol.HTTP, 2).toString();
    }

    private static Config read(
            String bind, @org.jspecify.annotations.Nullable String advertise, String balancers) {
        Map<String, String> variables = new HashMap<>();
        variables.put("BACKPOOL_POOL_BIND", bind);
        variables.put("BACKPOOL_BALANCERS", balancers);
        if (advertise != null) {
            variables.put("BACKPOOL_POOL_ADVERTISE", advertise);
        }
        return ConfigReader.read(null, variables, Map.of());
    }
}
