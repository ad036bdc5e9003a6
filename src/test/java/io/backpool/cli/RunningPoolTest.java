package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.ConfigReader;
import io.backpool.config.PoolConfig;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a running pool says of its place, and which pools can't be in one balancer. */
class RunningPoolTest {
    private final PoolConfig settings = ConfigReader.read(null, Map.of(), Map.of()).pool();

    @Test
    void itsMembersAreWhereItSaysAndAsManyAsItHas() {
        PoolConfig there = pool("a", "10.0.0.5", "x", 7000, 0, 3).settings();

        assertThat(there.url(Protocol.HTTP, 2)).hasToString("http://10.0.0.5:7001");
        assertThat(there.route(3)).isEqualTo("x3");
        assertThat(there.members()).isEqualTo(3);
        assertThat(there.hasAjp()).isFalse();
    }

    @Test
    void whatCanNotBeInOneBalancerIsRefused() {
        RunningPool one = pool("one", "10.0.0.5", "a", 8081, 0, 2);

        pool("two", "10.0.0.6", "b", 8081, 0, 2).checkBeside(one);
        pool("two", "10.0.0.5", "b", 8089, 0, 2).checkBeside(one);
        refused(one, pool("two", "10.0.0.6", "a", 8081, 0, 2), "two and one have the same routes");
        // a1 is followed by 1 there, a by 11 here: with ten members each.
        refused(
                pool("one", "10.0.0.5", "a", 8081, 0, 10),
                pool("two", "10.0.0.6", "a1", 8081, 0, 2),
                "the same routes (a11 ...)");
        refused(one, pool("two", "10.0.0.5", "b", 8088, 0, 2), "the same ports on 10.0.0.5");
        refused(
                one,
                pool("two", "10.0.0.6", "b", 8081, 8009, 2),
                "AJP in one and not in the other");
    }

    @Test
    void aPoolWithOtherTlsOrOfAnOlderVersionIsRefused() {
        JsonNode tls = status("10.0.0.5", "a", 8081, 0, 1, true);
        assertThatExceptionOfType(CommandFailed.class)
                .isThrownBy(() -> RunningPool.of("one", tls, settings))
                .withMessageContaining(
                        "one has a pool.tls, and the settings of this command have none");
        JsonNode old = new JsonMapper().readTree("{\"pool\":{\"name\":\"app\"},\"members\":[]}");
        assertThatExceptionOfType(CommandFailed.class)
                .isThrownBy(() -> RunningPool.of("one", old, settings))
                .withMessageContaining("is it of this version?");
    }

    @Test
    void hostsAndRunningPoolsAreNotAskedForAtOnce() {
        var out = new StringWriter();
        int exit =
                Main.commandLine()
                        .setErr(new PrintWriter(out, true))
                        .execute(
                                "conf",
                                "apache",
                                "--config=/dev/null",
                                "--pool=https://10.0.0.5:9990",
                                "--host=10.0.0.6");
        assertThat(exit).isEqualTo(ExitCode.USAGE);
        assertThat(out.toString()).startsWith("--pool: stands beside --host");
    }

    private static void refused(RunningPool one, RunningPool two, String why) {
        assertThatExceptionOfType(CommandFailed.class)
                .isThrownBy(() -> two.checkBeside(one))
                .withMessageContaining(why);
    }

    private RunningPool pool(
            String name, String host, String prefix, int http, int ajp, int members) {
        return RunningPool.of(name, status(host, prefix, http, ajp, members, false), settings);
    }

    private static JsonNode status(
            String host, String prefix, int http, int ajp, int members, boolean tls) {
        String text =
                "{\"pool\":{\"host\":\"%s\",\"routePrefix\":\"%s\",\"httpPort\":%d,\"ajpPort\":%d,\"tls\":%b},\"members\":[%s]}"
                        .formatted(
                                host,
                                prefix,
                                http,
                                ajp,
                                tls,
                                "{},".repeat(members).replaceFirst(",$", ""));
        return new JsonMapper().readTree(text);
    }
}
