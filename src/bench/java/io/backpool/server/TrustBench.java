package io.backpool.server;

import io.backpool.config.ConfigReader;
import io.backpool.config.TrustConfig;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a request's headers say of its client, behind httpd and behind nobody; and its name. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TrustBench {
    private final TrustConfig trust = ConfigReader.read(null, Map.of(), Map.of()).trust();
    private final HeaderMap direct = new HeaderMap().put(Headers.HOST, "www.example.com");
    private final HeaderMap behindHttpd =
            new HeaderMap()
                    .put(Headers.HOST, "www.example.com")
                    .put(Headers.X_FORWARDED_FOR, "203.0.113.7")
                    .put(Headers.X_FORWARDED_PROTO, "https")
                    .put(Headers.X_FORWARDED_HOST, "www.example.com");

    private final LongAdder unreadable = new LongAdder();

    @Benchmark
    public @Nullable Object behindHttpd() {
        return XForwarded.read(behindHttpd, trust);
    }

    @Benchmark
    public @Nullable Object direct() {
        return XForwarded.read(direct, trust);
    }

    @Benchmark
    public @Nullable Object tls() {
        return ForwardedTls.read(behindHttpd, unreadable);
    }

    @Benchmark
    public String requestId() {
        return RequestId.settle(direct, true);
    }
}
