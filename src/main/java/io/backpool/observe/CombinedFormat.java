package io.backpool.observe;

import io.backpool.config.NumericAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * As httpd's {@code combined} writes it ({@code %h %l %u %t "%r" %>s %b "%{Referer}i"
 * "%{User-Agent}i"}, httpd's mod_log_config), followed by the member's route, the request's id and
 * the microseconds that it took, and {@code shed=SETTING} if it was refused by that limit. Readers
 * of {@code combined} read it as it is.
 */
final class CombinedFormat implements LineFormat {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("'['dd/MMM/yyyy:HH:mm:ss Z']'", Locale.US);

    private final DateTimeFormatter time;
    private long second = Long.MIN_VALUE;
    private String secondInWords = "";

    /** Of the line before: often the same. */
    private @Nullable InetAddress client;

    private String clientInWords = "-";

    CombinedFormat(ZoneId zone) {
        this.time = TIME.withZone(zone);
    }

    @Override
    public void write(LogLine line, Instant begun, LineBuffer out) {
        out.text(inWords(line.client())).text(" - ");
        orDash(out, "".equals(line.user()) ? null : line.user())
                .text(" ")
                .text(inWords(begun))
                .text(" \"");
        out.escaped(line.method().toString()).text(" ").escaped(line.path());
        if (!line.query().isEmpty()) {
            out.text("?").escaped(line.query());
        }
        out.text(" ").escaped(line.protocol().toString()).text("\" ").number(line.status());
        if (line.bytes() == 0) {
            out.text(" -");
        } else {
            out.text(" ").number(line.bytes());
        }
        orDash(out.text(" \""), line.referer());
        orDash(out.text("\" \""), line.userAgent()).text("\" ");
        var facts = line.facts();
        orDash(out, facts == null ? null : facts.route()).text(" ");
        orDash(out, facts == null ? null : facts.requestId()).text(" ");
        out.number(line.nanos() / 1000);
        if (line.refusedBy() != null) {
            out.text(" shed=").text(line.refusedBy());
        }
        out.endLine();
    }

    /** As numbers; an address that is none, over AJP, can't be one. */
    static String address(InetSocketAddress client) {
        @Nullable InetAddress address = client.getAddress();
        return address == null ? "-" : NumericAddress.write(address);
    }

    private static LineBuffer orDash(LineBuffer out, @Nullable String text) {
        return text == null ? out.text("-") : out.escaped(text);
    }

    private String inWords(InetSocketAddress from) {
        if (from.getAddress() == null || !from.getAddress().equals(client)) {
            client = from.getAddress();
            clientInWords = address(from);
        }
        return clientInWords;
    }

    private String inWords(Instant begun) {
        if (begun.getEpochSecond() != second) {
            second = begun.getEpochSecond();
            secondInWords = time.format(begun);
        }
        return secondInWords;
    }
}
