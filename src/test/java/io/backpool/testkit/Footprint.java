package io.backpool.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Objects;

/**
 * What this JVM holds: platform threads, open files, and heap after a collection.
 *
 * @param heap in bytes
 */
public record Footprint(int threads, int files, long heap) {
    /** A selector of XNIO's for a thread that waited for a body, a class loaded late. */
    private static final int FEW = 10;

    private static final long LITTLE = 4 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    public static Footprint now() {
        var memory = ManagementFactory.getMemoryMXBean();
        memory.gc();
        return new Footprint(
                ManagementFactory.getThreadMXBean().getThreadCount(),
                Objects.requireNonNull(new File("/proc/self/fd").list()).length,
                memory.getHeapMemoryUsage().getUsed());
    }

    /** Waits until there is no more than there was then. */
    public void awaitReturn() {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .untilAsserted(
                        () -> {
                            Footprint now = now();
                            assertThat(now.threads).isLessThanOrEqualTo(threads + FEW);
                            assertThat(now.files).isLessThanOrEqualTo(files + FEW);
                            assertThat(now.heap).isLessThanOrEqualTo(heap + LITTLE);
                        });
    }
}
