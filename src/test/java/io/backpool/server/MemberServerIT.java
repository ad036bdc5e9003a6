package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.H2Client;
import io.backpool.testkit.Protocol;
import io.undertow.server.HttpServerExchange;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MemberServerIT {
    /** It is asked before httpd is notified. */
    @Test
    void aMemberThatDoesNotServeItselfSaysSo() {
        try (var member =
                TestMember.open(
                        Map.of(), exchange -> exchange.getResponseSender().send("served"))) {
            assertThatCode(() -> member.server().checkSelf()).doesNotThrowAnyException();
            member.server().health().state(MemberState.LEAVING);
            assertThatCode(() -> member.server().checkSelf()).doesNotThrowAnyException();
            member.server().close();
            assertThatThrownBy(() -> member.server().checkSelf())
                    .isInstanceOf(ServerException.class)
                    .hasMessageStartingWith("A member does not serve itself");
        }
    }

    /** So that what a first flood needs is loaded: nobody else hears of it. */
    @Test
    void aRequestOfItsOwnIsRefusedBeforeItsWarmUp() {
        List<String> asked = Collections.synchronizedList(new ArrayList<>());
        try (var member =
                TestMember.open(
                        Map.of(),
                        exchange -> {
                            asked.add(exchange.getRequestPath());
                            exchange.getResponseSender().send("served");
                        })) {
            member.server().warmUp(List.of("/users"));
            assertThat(asked).containsExactly("/users");
            assertThat(member.server().admissionStats().shed()).isZero();
            assertThat(member.send(Protocol.HTTP, "GET", "/", null).body()).isEqualTo("served");
        }
    }

    /** Over h2c httpd ends even a GET in a frame of its own; body-timeout is half a minute. */
    @Test
    void nothingHoldsARequestThatHasEndedAfterItsAnswer() {
        List<WeakReference<HttpServerExchange>> requests =
                Collections.synchronizedList(new ArrayList<>());
        try (var member =
                        TestMember.open(
                                Map.of(),
                                exchange -> {
                                    requests.add(new WeakReference<>(exchange));
                                    exchange.getResponseSender().send("served");
                                });
                var client = H2Client.connect(member.httpPort())) {
            for (int stream = 1; stream < 20; stream += 2) {
                client.head(stream, "GET", "/", false);
                assertThat(client.answer(stream).body()).isEqualTo("served");
                client.data(stream, new byte[0], true);
            }
            assertThat(requests).hasSize(10);

            await().atMost(Duration.ofSeconds(15))
                    .untilAsserted(
                            () -> {
                                System.gc();
                                assertThat(requests).allMatch(request -> request.refersTo(null));
                            });
        }
    }
}
