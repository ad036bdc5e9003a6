package io.backpool.observe;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** One JSON object a line, its names those of the Elastic Common Schema 8. */
final class JsonFormat implements LineFormat {
    @Override
    public void write(LogLine line, Instant begun, LineBuffer out) {
        out.text("{\"@timestamp\":\"").text(begun.truncatedTo(ChronoUnit.MICROS).toString());
        out.text("\",\"ecs.version\":\"8.11\",\"event.dataset\":\"backpool.access\"");
        number(out, "event.duration", line.nanos());
        text(out, "source.ip", CombinedFormat.address(line.client()));
        text(out, "user.name", line.user());
        text(out, "http.request.method", line.method().toString());
        out.text(",\"url.original\":\"").json(line.path());
        if (!line.query().isEmpty()) {
            out.text("?").json(line.query());
        }
        out.text("\"");
        text(out, "http.version", line.protocol().toString().replace("HTTP/", ""));
        number(out, "http.response.status_code", line.status());
        number(out, "http.response.body.bytes", line.bytes());
        text(out, "http.request.referrer", line.referer());
        text(out, "user_agent.original", line.userAgent());
        text(out, "event.reason", line.refusedBy() == null ? null : "shed: " + line.refusedBy());
        var facts = line.facts();
        text(out, "service.node.name", facts == null ? null : facts.route());
        text(out, "http.request.id", facts == null ? null : facts.requestId());
        text(out, "traceparent", line.traceparent());
        out.text("}").endLine();
    }

    private static void text(LineBuffer out, String name, @Nullable String value) {
        if (value != null) {
            out.text(",\"").text(name).text("\":\"").json(value).text("\"");
        }
    }

    private static void number(LineBuffer out, String name, long value) {
        out.text(",\"").text(name).text("\":").number(value);
    }
}
