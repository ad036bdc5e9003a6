package io.backpool.observe;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.exchange.RequestFacts;
import io.undertow.util.HttpString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Reader;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Each {@code access-log/*.request} becomes the lines beside it, in both formats. */
class LineFormatTest {
    private static final Path FILES = Path.of("src/test/resources/io/backpool/observe/access-log");
    private static final Instant BEGUN = Instant.parse("2026-09-01T03:04:05.678901Z");

    static List<String> requests() throws IOException {
        try (Stream<Path> files = Files.list(FILES)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".request"))
                    .map(name -> name.replace(".request", ""))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("requests")
    void combinedIsWrittenAsHttpdDoes(String name) throws IOException {
        assertThat(written(new CombinedFormat(ZoneOffset.ofHours(2)), name))
                .isEqualTo(Files.readString(FILES.resolve(name + ".combined")));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void jsonIsOneObjectInEcsNames(String name) throws IOException {
        assertThat(written(new JsonFormat(), name))
                .isEqualTo(Files.readString(FILES.resolve(name + ".json")));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void noClientCanForgeALineOrAField(String name) throws IOException {
        Properties request = request(name);
        for (LineFormat format : List.of(new CombinedFormat(ZoneOffset.UTC), new JsonFormat())) {
            String line = written(format, name);
            assertThat(line.strip()).matches("[ -~]+");
            assertThat(line).endsWith("\n");
        }
        JsonNode json = new JsonMapper().readTree(written(new JsonFormat(), name));
        assertThat(json.path("user_agent.original").asString(null))
                .isEqualTo(request.getProperty("userAgent"));
        assertThat(json.path("user.name").asString(null)).isEqualTo(request.getProperty("user"));
        assertThat(written(new CombinedFormat(ZoneOffset.UTC), name))
                .matches(
                        "\\S+ - .* \\[[^]]+] \"(\\\\.|[^\"\\\\])*\" \\d+ \\S+"
                                + " \"(\\\\.|[^\"\\\\])*\" \"(\\\\.|[^\"\\\\])*\" m1 id-1 \\d+("
                                + " shed=\\S+)?\n");
    }

    private static String written(LineFormat format, String name) throws IOException {
        var buffer = new LineBuffer();
        format.write(line(request(name)), BEGUN, buffer);
        var out = new ByteArrayOutputStream();
        buffer.writeTo(out);
        return out.toString(US_ASCII);
    }

    private static Properties request(String name) throws IOException {
        var properties = new Properties();
        try (Reader reader = Files.newBufferedReader(FILES.resolve(name + ".request"))) {
            properties.load(reader);
        }
        return properties;
    }

    private static LogLine line(Properties request) {
        return new LogLine(
                new RequestFacts("m1", "id-1"),
                new InetSocketAddress(request.getProperty("client"), 40000),
                request.getProperty("user"),
                0,
                Long.parseLong(request.getProperty("nanos")),
                new HttpString(request.getProperty("method")),
                request.getProperty("path"),
                request.getProperty("query", ""),
                new HttpString(request.getProperty("protocol", "HTTP/1.1")),
                Integer.parseInt(request.getProperty("status")),
                Long.parseLong(request.getProperty("bytes")),
                request.getProperty("referer"),
                request.getProperty("userAgent"),
                request.getProperty("traceparent"),
                request.getProperty("refusedBy"));
    }
}
