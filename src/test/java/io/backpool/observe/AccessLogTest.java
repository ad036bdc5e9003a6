package io.backpool.observe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.exchange.RequestFacts;
import io.undertow.util.Methods;
import io.undertow.util.Protocols;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Waiting, dropping, failing and opening again, on targets of the test's own. */
class AccessLogTest {
    private static final LineFormat FORMAT = new CombinedFormat(ZoneOffset.UTC);

    @Test
    void whatWasLoggedIsWrittenAtStop() throws IOException {
        var target = new ByteArrayOutputStream();
        try (var log = new AccessLog(FORMAT, () -> target)) {
            for (int i = 0; i < 5000; i++) {
                log.add(line("/" + i));
            }
        }
        assertThat(target.toString(UTF_8).lines().map(line -> line.split(" ")[6]))
                .hasSize(5000)
                .doesNotHaveDuplicates()
                .startsWith("/0", "/1")
                .endsWith("/4998", "/4999");
    }

    @Test
    void aStuckTargetCostsLinesAndNoTimeNorMemory() throws Exception {
        var stuck = new Stuck();
        var log = new AccessLog(FORMAT, () -> stuck);
        log.add(line("/first"));
        await().until(() -> stuck.reached.getCount() == 0);

        String long8k = "/" + "x".repeat(8000);
        int most = (int) (AccessLog.MAX_WEIGHT / line(long8k).weight());
        for (int i = 0; i < 3 * most; i++) {
            log.add(line(long8k));
        }

        assertThat(log.stats().dropped()).isEqualTo(2L * most);
        stuck.freed.countDown();
        log.close();
        assertThat(log.stats()).isEqualTo(new AccessLog.Stats(1 + most, 2L * most, 0));
    }

    @Test
    void whatCannotBeWrittenIsCountedAndTheNextLineIsWhole() throws IOException {
        var disk = new Full();
        try (var log = new AccessLog(FORMAT, () -> disk)) {
            log.add(line("/lost"));
            await().until(() -> log.stats().failed() == 1);
            disk.full = false;
            log.add(line("/kept"));
            await().until(() -> log.stats().written() == 1);
        }
        List<String> lines = disk.kept.toString(UTF_8).lines().toList();
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).isEqualTo("half a li");
        assertThat(lines.get(1)).startsWith("127.0.0.1 - - [").contains("\"GET /kept HTTP/1.1\"");
    }

    @Test
    void aFileThatCannotBeOpenedAgainDoesNotEndTheOldOne() throws IOException {
        var first = new ByteArrayOutputStream();
        var opened = new AtomicInteger();
        try (var log =
                new AccessLog(
                        FORMAT,
                        () -> {
                            if (opened.getAndIncrement() == 0) {
                                return first;
                            }
                            throw new IOException("no such directory");
                        })) {
            log.reopen();
            await().until(() -> opened.get() == 2);
            log.add(line("/still"));
        }
        assertThat(first.toString(UTF_8)).contains("GET /still");
    }

    private static LogLine line(String path) {
        return new LogLine(
                new RequestFacts("m1", "id-1"),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 40000),
                null,
                System.nanoTime(),
                1,
                Methods.GET,
                path,
                "",
                Protocols.HTTP_1_1,
                200,
                13,
                null,
                null,
                null,
                null);
    }

    /** Takes nothing until it is freed, as a pipe that nobody reads. */
    private static final class Stuck extends OutputStream {
        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch freed = new CountDownLatch(1);

        @Override
        public void write(int b) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            reached.countDown();
            try {
                freed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Takes the half of a line while it is full. */
    private static final class Full extends OutputStream {
        final ByteArrayOutputStream kept = new ByteArrayOutputStream();
        volatile boolean full = true;

        @Override
        public void write(int b) {
            kept.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (full) {
                kept.writeBytes("half a li".getBytes(UTF_8));
                throw new IOException("No space left on device");
            }
            kept.write(bytes, offset, length);
        }
    }
}
