package io.backpool.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.server.StrictHttp.End;
import io.backpool.server.StrictHttp.Lax;
import io.backpool.server.StrictHttp.Request;
import io.backpool.testkit.Footprint;
import io.backpool.testkit.RawSocket;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Methods;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Thousands of streams that are nearly HTTP, each answered as the RFCs say: requests that are whole
 * get their own answer in their turn, the first that is malformed a refusal and a close.
 */
class MalformedHttpIT {
    private static final String NEXT = "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    private static final Pattern HEAD =
            Pattern.compile("HTTP/\\d\\.\\d (\\d{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n");
    private static final int NO_STATUS = 0;
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\nContent-Length: (\\d+)\r\n");

    /**
     * What came until the member closed: the bodies of 200s in their order, then other statuses.
     */
    private record Answers(List<String> served, List<Integer> refused) {}

    @Test
    void everyRequestIsServedAsItIsOrRefusedAndNothingIsLeftBehind() {
        Map<String, String> settings =
                Map.of(
                        "LIMITS_HEADER_SIZE", "8k",
                        "LIMITS_BODY_SIZE", "1000",
                        "LIMITS_HEADER_TIMEOUT", "5s",
                        "LIMITS_BODY_TIMEOUT", "5s",
                        "LIMITS_IDLE_TIMEOUT", "5s");
        List<byte[]> streams = HostileHttp.streams();
        assertThat(streams).hasSizeGreaterThan(5000);
        try (var member = TestMember.open(settings, MalformedHttpIT::tell)) {
            streams.stream().limit(2000).forEach(stream -> answers(member, stream));
            Footprint before = Footprint.now();
            Set<Lax> seen = EnumSet.noneOf(Lax.class);
            List<String> wrong = new ArrayList<>();

            for (byte[] stream : streams) {
                byte[] all = (RawSocket.text(stream) + NEXT).getBytes(ISO_8859_1);
                String mistake = judge(StrictHttp.read(all), answers(member, all), seen);
                if (mistake != null) {
                    wrong.add(shown(all) + "\n  " + mistake);
                }
            }

            assertThat(wrong).as("%d of %d", wrong.size(), streams.size()).isEmpty();
            assertThat(seen)
                    .as("what operations.md says is served")
                    .isEqualTo(EnumSet.allOf(Lax.class));
            assertThat(RawSocket.exchange(member.httpPort(), NEXT)).endsWith("GET /next ");
            before.awaitReturn();
            assertThat(member.server().inFlight().count()).isZero();
            assertThat(member.server().httpStats().connections()).isZero();
        }
    }

    /** What is wrong with the answers; null: nothing. */
    private static @Nullable String judge(StrictHttp right, Answers answers, Set<Lax> seen) {
        int count = 0;
        for (Request request : right.requests) {
            if (count == answers.served.size()) {
                boolean may = request.unclear() || !request.lax().isEmpty();
                return may && answers.refused.size() <= 1
                        ? null
                        : "not served: " + request + ", but " + answers;
            }
            if (!answers.served.get(count).equals(expected(request))) {
                return "served as " + answers.served.get(count) + ": " + request;
            }
            seen.addAll(request.lax());
            count++;
        }
        if (answers.served.size() > count) {
            return right.end
                    + ", but served: "
                    + answers.served.subList(count, answers.served.size());
        }
        return right.end == End.REFUSED
                ? refusal(answers)
                : answers.refused.size() > 1 ? "refused twice" : null;
    }

    private static @Nullable String refusal(Answers answers) {
        return answers.refused.size() == 1 && answers.refused.get(0) >= 400
                ? null
                : "refused with " + answers.refused;
    }

    private static String expected(Request request) {
        return request.method().equals("HEAD")
                ? ""
                : request.method() + " " + bare(request.target()) + " " + request.body();
    }

    /** Undertow leaves out a question mark with nothing behind it, and a second one. */
    private static String bare(String target) {
        return target.replaceFirst("\\?+", "?").replaceFirst("\\?$", "");
    }

    private static void tell(HttpServerExchange exchange) {
        exchange.getRequestReceiver()
                .receiveFullBytes(
                        (whole, body) -> {
                            if (whole.getRequestMethod().equals(Methods.HEAD)) {
                                whole.endExchange();
                                return;
                            }
                            String query = whole.getQueryString();
                            whole.getResponseSender()
                                    .send(
                                            whole.getRequestMethod()
                                                    + " "
                                                    + whole.getRequestURI()
                                                    + (query.isEmpty() ? "" : "?" + query)
                                                    + " "
                                                    + RawSocket.text(body),
                                            ISO_8859_1);
                        });
    }

    private static Answers answers(TestMember member, byte[] stream) {
        String all;
        try (RawSocket socket = RawSocket.connect(member.httpPort())) {
            all = socket.send(stream).finish().readToEnd();
        }
        var answers = new Answers(new ArrayList<>(), new ArrayList<>());
        Matcher head = HEAD.matcher(all);
        int position = 0;
        while (position < all.length() && head.region(position, all.length()).lookingAt()) {
            Matcher length = LENGTH.matcher(head.group());
            int status = Integer.parseInt(head.group(1));
            int body = length.find() ? Integer.parseInt(length.group(1)) : 0;
            position = head.end() + body;
            if (status == 200 && answers.refused.isEmpty()) {
                answers.served.add(all.substring(head.end(), position));
            } else {
                answers.refused.add(status);
            }
        }
        if (position < all.length()) {
            answers.refused.add(NO_STATUS);
        }
        return answers;
    }

    private static String shown(byte[] stream) {
        String text = RawSocket.text(stream).replace("\r", "\\r").replace("\n", "\\n");
        return text.length() < 400 ? text : text.substring(0, 200) + "... " + text.length();
    }
}
