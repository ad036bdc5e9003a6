package io.backpool.observe;

import io.backpool.exchange.RequestFacts;
import io.undertow.util.Methods;
import io.undertow.util.Protocols;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A line of the access log put into words, as the log's own thread does it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class AccessLogBench {
    private final LineFormat combined = new CombinedFormat(ZoneOffset.UTC);
    private final LineFormat json = new JsonFormat();
    private final LineBuffer buffer = new LineBuffer();
    private final Instant begun = Instant.parse("2026-11-21T08:00:00Z");
    private final LogLine line =
            new LogLine(
                    new RequestFacts("m1", "0123456789abcdef"),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_000),
                    null,
                    0,
                    123_456,
                    Methods.GET,
                    "/some/path/of/a/usual/length",
                    "with=a&query=too",
                    Protocols.HTTP_1_1,
                    200,
                    13,
                    "https://www.example.com/referring/page",
                    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                    null,
                    null);

    @Benchmark
    public int combined() {
        return written(combined);
    }

    @Benchmark
    public int json() {
        return written(json);
    }

    private int written(LineFormat format) {
        buffer.clear();
        format.write(line, begun, buffer);
        return buffer.length();
    }
}
