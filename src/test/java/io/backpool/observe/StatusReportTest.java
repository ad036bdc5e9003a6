package io.backpool.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.balancer.Balancer;
import io.backpool.balancer.BalancerMember;
import io.backpool.balancer.BalancerStats;
import io.backpool.balancer.MemberStatus;
import io.backpool.config.BalancerConfig;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.observe.StatusReport.FrontEnd;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class StatusReportTest {
    private static final String OURS = "http://10.0.0.5:8081";

    @Test
    void membersOfEveryPoolAreListedWithTheirHostAndWhoseTheyAre() {
        JsonNode members =
                members(
                        true,
                        member(OURS, "a1", "", MemberStatus.OK),
                        member("http://[fd00::6]:8081", "b1", "", MemberStatus.OK),
                        member("http://app_7:8081", "<c1>", "backpool-S", MemberStatus.STOPPED),
                        member("http://10.0.0.8:8081", "d1", "backpool-DC", MemberStatus.DISABLED));

        assertThat(members.path(0).toString().replace('"', '\''))
                .isEqualTo(
                        "{'host':'10.0.0.5','route':'a1','url':'http://10.0.0.5:8081',"
                                + "'status':'Init Ok','inRotation':true,'loadFactor':100.0,"
                                + "'elected':7,'busy':2,'own':true,'free':false}");
        assertThat(members.valueStream())
                .extracting(
                        it ->
                                "%s %s %s %s"
                                        .formatted(
                                                it.get("host").asString(),
                                                it.get("route").asString(),
                                                it.get("inRotation"),
                                                it.get("own")),
                        it -> it.get("free").asBoolean())
                .hasToString(
                        "[(\"10.0.0.5 a1 true true\", false),"
                                + " (\"[fd00::6] b1 true false\", false),"
                                + " (\"app_7 <c1> false false\", false),"
                                + " (\"10.0.0.8 d1 false false\", true)]");
    }

    @Test
    void whileHttpdIsAwayNothingIsSaidOfItsMembers() {
        assertThat(members(false, member(OURS, "a1", "", MemberStatus.OK))).isEmpty();
    }

    private static JsonNode members(boolean up, BalancerMember... listed) {
        var stats =
                new BalancerStats(
                        new BalancerConfig(
                                URI.create("http://10.0.0.1:9980/balancer-manager"),
                                "app",
                                Protocol.HTTP,
                                Membership.JOIN,
                                null,
                                null),
                        up,
                        null,
                        new Balancer("app", "nonce", List.of(listed)),
                        List.of(),
                        Set.of(URI.create(OURS)),
                        List.of(),
                        null,
                        Map.of());
        return new JsonMapper().<JsonNode>valueToTree(FrontEnd.of(stats)).get("members");
    }

    private static BalancerMember member(
            String url, String route, String redirect, MemberStatus status) {
        return new BalancerMember(
                url,
                URI.create(url),
                route,
                redirect,
                0,
                100,
                Set.of(MemberStatus.INIT, status),
                7,
                2,
                0,
                0);
    }
}
