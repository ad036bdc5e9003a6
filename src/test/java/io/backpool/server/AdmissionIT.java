package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AjpPacket;
import io.backpool.testkit.RawSocket;
import io.undertow.server.HttpHandler;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdmissionIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    @ParameterizedTest
    @ValueSource(strings = {"threads", "auto"})
    void oneWorksOneWaitsTheRestIsToldToComeBackAndHealthIsNeverShed(String blocking) {
        var gate = new CountDownLatch(1);
        Map<String, String> settings =
                Map.of("LIMITS_CONCURRENCY", "1", "LIMITS_QUEUE", "1", "POOL_BLOCKING", blocking);
        try (var member = TestMember.openWith(settings, resources -> waiting(resources, gate));
                RawSocket first = RawSocket.connect(member.httpPort());
                RawSocket second = RawSocket.connect(member.httpPort())) {
            first.send(GET);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> member.server().admissionStats().admitted() == 1);
            second.send(GET);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> member.server().inFlight().count() == 2);

            assertThat(RawSocket.exchange(member.httpPort(), GET))
                    .startsWith("HTTP/1.1 503 ")
                    .contains("Retry-After: 1\r\n", "application/problem+json", "\"requestId\":");
            assertThat(ajp(member)).startsWith("503\n").contains("try again");
            assertThat(
                            RawSocket.exchange(
                                    member.httpPort(), GET.replace("GET /", "GET /health/ready")))
                    .startsWith("HTTP/1.1 200 ");

            gate.countDown();
            assertThat(first.readToEnd()).endsWith("done");
            assertThat(second.readToEnd()).endsWith("done");
            assertThat(member.server().admissionStats().shed()).isEqualTo(2);
        }
    }

    @Test
    void aRequestThatWaitedLongerThanItsClientDoesIsNotExecuted() {
        var gate = new CountDownLatch(1);
        Map<String, String> settings =
                Map.of("LIMITS_CONCURRENCY", "1", "LIMITS_REQUEST_TIMEOUT", "1s");
        try (var member = TestMember.openWith(settings, resources -> waiting(resources, gate));
                RawSocket first = RawSocket.connect(member.httpPort());
                RawSocket second = RawSocket.connect(member.httpPort())) {
            first.send(GET);
            await().until(() -> member.server().admissionStats().admitted() == 1);
            second.send(GET);
            await().until(() -> member.server().inFlight().count() == 2);
            long since = System.nanoTime();
            await().until(() -> System.nanoTime() - since > 1_100_000_000L);

            gate.countDown();

            assertThat(second.readToEnd()).startsWith("HTTP/1.1 503 ").contains("Retry-After: 1");
            assertThat(first.readToEnd()).endsWith("done");
            
        }
    }

    private static HttpHandler waiting(ServerResources resources, CountDownLatch gate) {
        return resources
                .blocking()
                .wrap(
                        exchange -> {
                            gate.await();
                            exchange.getResponseSender().send("done");
                        });
    }

    private static String ajp(TestMember member) {
        try (RawSocket socket = RawSocket.connect(member.ajpPort())) {
            byte[] request = AjpPacket.get("/", 0).secret(TestMember.SECRET).end();
            return AjpPacket.answer(socket.send(request).readUntil(AjpPacket::isWhole));
        }
    }
}
