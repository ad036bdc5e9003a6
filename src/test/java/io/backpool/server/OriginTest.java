package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.config.ConfigReader;
import io.backpool.config.TrustConfig;
import io.undertow.util.HeaderMap;
import io.undertow.util.HttpString;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What forwarding headers mean when a trusted proxy sent them; 10/8 and fd00::/8 are trusted. */
class OriginTest {
    private static final TrustConfig TRUST =
            ConfigReader.read(
                            null,
                            Map.of("BACKPOOL_TRUSTED_PROXIES", "10.0.0.0/8,fd00::/8"),
                            Map.of())
                    .trust();

    /** A line break within a value: a header line of its own. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "192.0.2.1                       | 192.0.2.1:0      | false",
                "192.0.2.1:4711                  | 192.0.2.1:4711   | false",
                "2001:db8::1                     | 2001:db8:0:0:0:0:0:1:0 | false",
                "[2001:db8::1]:99                | 2001:db8:0:0:0:0:0:1:99 | false",
                "6.6.6.6, 192.0.2.1              | 192.0.2.1:0      | false",
                "6.6.6.6,192.0.2.1,10.0.0.1      | 192.0.2.1:0      | false",
                "6.6.6.6, 192.0.2.1, 10.0.0.1, fd00::1 | 192.0.2.1:0 | false",
                "10.0.0.3, 10.0.0.2, 10.0.0.1    | 10.0.0.3:0       | false",
                "6.6.6.6 ; 192.0.2.1             | 192.0.2.1:0      | false",
                "6.6.6.6, 192.0.2.1 ; 10.0.0.1   | 192.0.2.1:0      | false",
                "192.0.2.1, , ,                  | 192.0.2.1:0      | false",
                "garbage, 192.0.2.1              | 192.0.2.1:0      | false",
                "garbage, 10.0.0.1               | 10.0.0.1:0       | true",
                "192.0.2.1, garbage              | -                | true",
                "localhost                       | -                | true",
                "unknown                         | -                | true",
                "192.0.2.1:0                     | -                | true",
                "192.0.2.1:65536                 | -                | true",
                "192.0.2.1:                      | -                | true",
                "[2001:db8::1                    | -                | true",
                "[2001:db8::1]x                  | -                | true",
                "1.2.3                           | -                | true",
                "''                              | -                | false",
                "','                             | -                | false"
            })
    void theClientIsTheFirstFromTheRightWhoIsNotTrusted(
            String header, @Nullable String client, boolean malformed) {
        Origin origin = xForwarded("X-Forwarded-For", header);

        assertThat(client(origin)).isEqualTo(client);
        assertThat(origin.malformed).isEqualTo(malformed);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "https, https, false",
                "HTTPS, https, false",
                "http, http, false",
                "'http, https', https, false",
                "'https, http', http, false",
                "gopher, -, true",
                "'', -, true",
                "'https,', -, true"
            })
    void theSchemeIsWhatTheNearestProxySays(
            String header, @Nullable String scheme, boolean malformed) {
        Origin origin = xForwarded("X-Forwarded-Proto", header);

        assertThat(origin.scheme).isEqualTo(scheme);
        assertThat(origin.malformed).isEqualTo(malformed);
    }

    /**
     * Host and port that are expected; the Host header that comes of them where the proxy's own was
     * in:81.
     */
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "shop.example, -, https, shop.example",
                "shop.example, 443, https, shop.example",
                "shop.example, 80, http, shop.example",
                "shop.example, 443, http, shop.example:443",
                "shop.example, 8443, https, shop.example:8443",
                "shop.example:444, 8443, https, shop.example:444",
                "[2001:db8::1], 8443, https, [2001:db8::1]:8443",
                "[2001:db8::1]:444, 8443, https, [2001:db8::1]:444",
                "'evil.example, shop.example', -, https, shop.example",
                "-, 8443, https, in:81",
                "'a b', -, https, in:81",
                "shop.example/x, -, https, in:81",
                "user@shop.example, -, https, in:81",
                "shop.example:0, -, https, in:81",
                "shop.example:, -, https, in:81",
                "'[::1', -, https, in:81",
                "'[::1]x', -, https, in:81",
                "'x[::1]', -, https, in:81",
                "'[]', -, https, in:81",
                "'[shop]', -, https, in:81",
                ":80, -, https, in:81",
                "shop.example, 0, https, shop.example",
                "shop.example, 99999, https, shop.example",
                "'', -, https, in:81"
            })
    void theHostHeaderIsTheClients(
            @Nullable String host, @Nullable String port, String scheme, String expected) {
        var headers = new HeaderMap();
        headers.put(new HttpString("X-Forwarded-Proto"), scheme);
        if (host != null) {
            headers.put(new HttpString("X-Forwarded-Host"), host);
        }
        if (port != null) {
            headers.put(new HttpString("X-Forwarded-Port"), port);
        }
        Origin origin = Objects.requireNonNull(XForwarded.read(headers, TRUST));

        assertThat(origin.hostHeader("in:81", scheme)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "for=192.0.2.1                                 | 192.0.2.1:0 | -     | -   | false",
                "For=192.0.2.1;Proto=https;HOST=shop.example   | 192.0.2.1:0 | https | shop.example"
                        + " | false",
                "for=\"192.0.2.1:4711\";by=10.0.0.9            | 192.0.2.1:4711 | - | -    | false",
                "for=\"[2001:db8::1]:99\"                      | 2001:db8:0:0:0:0:0:1:99 | - | -"
                        + " | false",
                "for=\"[2001:db8::1]\" , for=10.0.0.1          | 2001:db8:0:0:0:0:0:1:0 | - | -"
                        + " | false",
                "for=6.6.6.6;host=evil, for=192.0.2.1;host=a   | 192.0.2.1:0 | -     | a   | false",
                "for=192.0.2.1;proto=https, for=10.0.0.1;proto=http;host=b | 192.0.2.1:0 | https |"
                        + " b | false",
                "for=192.0.2.1;host=\"shop.example:8443\"      | 192.0.2.1:0 | - |"
                        + " shop.example:8443 | false",
                "for=unknown;proto=https                       | -           | https | -   | false",
                "for=_hidden, for=10.0.0.1                     | 10.0.0.1:0  | -     | -   | false",
                "proto=https                                   | -           | https | -   | false",
                "for=6.6.6.6, proto=https                      | -           | https | -   | false",
                "for=\"6.6.6.6 @ for=192.0.2.1                 | 192.0.2.1:0 | -     | -   | false",
                "for=\"6.6.6.6 @ for=10.0.0.1                  | 10.0.0.1:0  | -     | -   | true",
                "for=\"6.6.6.6, for=192.0.2.1                  | -           | -     | -   | true",
                "for=192.0.2.1;for=192.0.2.2                   | -           | -     | -   | true",
                "for=[2001:db8::1]                             | -           | -     | -   | true",
                "for=garbage                                   | -           | -     | -   | true",
                "for=192.0.2.1;proto=gopher                    | 192.0.2.1:0 | -     | -   | true",
                "for=\"1.2.3.4\\\"                             | -           | -     | -   | true",
                "for = 192.0.2.1                               | -           | -     | -   | true",
                "for=192.0.2.1;                                | -           | -     | -   | true",
                "192.0.2.1                                     | -           | -     | -   | true",
                "''                                            | -           | -     | -   | true"
            })
    void anElementOfForwardedIsBelievedAsFarAsItsWriterIsTrusted(
            String header,
            @Nullable String client,
            @Nullable String scheme,
            @Nullable String host,
            boolean malformed) {
        var headers = new HeaderMap();
        for (String line : header.split("@")) {
            headers.add(new HttpString("Forwarded"), line.strip());
        }
        Origin origin = Objects.requireNonNull(Forwarded.read(headers, TRUST));

        assertThat(client(origin)).isEqualTo(client);
        assertThat(origin.scheme).isEqualTo(scheme);
        assertThat(origin.host).isEqualTo(host);
        assertThat(origin.malformed).isEqualTo(malformed);
    }

    @Test
    void withoutAHeaderNothingIsSaid() {
        assertThat(XForwarded.read(new HeaderMap(), TRUST)).isNull();
        assertThat(Forwarded.read(new HeaderMap(), TRUST)).isNull();
    }

    @Test
    void aHugeHeaderIsReadInLinearTime() {
        var headers = new HeaderMap();
        headers.add(new HttpString("Forwarded"), "for=\"" + "\\\"".repeat(30_000));
        headers.add(new HttpString("X-Forwarded-For"), "10.0.0.1,".repeat(7_000) + "10.0.0.1");

        assertThat(Objects.requireNonNull(Forwarded.read(headers, TRUST)).malformed).isTrue();
        assertThat(client(Objects.requireNonNull(XForwarded.read(headers, TRUST))))
                .isEqualTo("10.0.0.1:0");
    }

    private static Origin xForwarded(String name, String header) {
        var headers = new HeaderMap();
        for (String line : header.split(";")) {
            headers.add(new HttpString(name), line.strip());
        }
        return Objects.requireNonNull(XForwarded.read(headers, TRUST));
    }

    private static @Nullable String client(Origin origin) {
        return origin.client == null
                ? null
                : origin.client.getAddress().getHostAddress() + ":" + origin.client.getPort();
    }
}
