package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.LogLines;
import io.backpool.testkit.Protocol;
import io.backpool.testkit.RawAnswer;
import io.undertow.server.HttpServerExchange;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** By what names a request is found, over each protocol. */
class RequestNamesIT {
    private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static TestMember member;

    @BeforeAll
    static void open() {
        member =
                TestMember.openWith(
                        Map.of(),
                        resources -> {
                            var blocking = resources.blocking().wrap(RequestNamesIT::answer);
                            return exchange -> {
                                if (exchange.getRequestPath().equals("/blocking")) {
                                    blocking.handleRequest(exchange);
                                } else {
                                    answer(exchange);
                                }
                            };
                        });
    }

    @AfterAll
    static void close() {
        member.close();
    }

    private static void answer(HttpServerExchange exchange) {
        if (!exchange.getRequestPath().equals("/")) {
            throw new IllegalStateException("of the application");
        }
        TestMember.tellFacts(exchange);
    }

    @ParameterizedTest
    @EnumSource
    void aTraceArrivesUnchanged(Protocol protocol) {
        assertThat(get(protocol, "/", "traceparent", TRACE, "tracestate", "a=b").body())
                .contains("header.traceparent=[" + TRACE + "]", "header.tracestate=[a=b]");
    }

    @ParameterizedTest
    @EnumSource
    void whereNoneArrivesOneIsMade(Protocol protocol) {
        String made = "header\\.traceparent=\\[00-\\p{XDigit}{32}-\\p{XDigit}{16}-00]";

        assertThat(get(protocol, "/").body()).containsPattern(made);
        assertThat(get(protocol, "/", "traceparent", "nonsense", "tracestate", "a=b").body())
                .containsPattern(made)
                .doesNotContain("header.tracestate");
    }

    @ParameterizedTest
    @EnumSource
    void theLogOfAFailedRequestHasItsId(Protocol protocol) {
        for (String path : new String[] {"/direct", "/blocking"}) {
            try (var log = LogLines.of("io.undertow.request")) {
                String id = get(protocol, path).header("X-Request-ID");

                assertThat(log.events())
                        .singleElement()
                        .satisfies(
                                event -> {
                                    var failure = event.getThrowableProxy();
                                    assertThat(failure.getMessage()).isEqualTo("request " + id);
                                    assertThat(failure.getCause().getMessage())
                                            .isEqualTo("of the application");
                                });
            }
        }
    }

    private static RawAnswer get(Protocol protocol, String path, String... headers) {
        return member.send(protocol, "GET", path, null, headers);
    }
}
