package io.backpool.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Lines go out, or are counted; no caller waits. */
class ConsoleTest {
    private final Target target = new Target();
    private final Console console = new Console(target, "test");

    @Test
    void withoutAReaderLinesAreDroppedAndCountedAndItGoesOnWhenOneComes() {
        target.gate = new CountDownLatch(1);
        byte[] long1 = line("x".repeat(Console.LONGEST - 1));
        for (int i = 0; i < 20; i++) {
            console.print(long1);
        }
        assertThat(console.dropped()).isBetween(11L, 13L);
        target.gate.countDown();
        await().until(() -> target.text().length() >= Console.ROOM);
        console.print(line("again"));
        await().until(() -> target.text().endsWith("\nagain\n"));
        assertThat(target.text().lines().count() - 1 + console.dropped()).isEqualTo(20);
    }

    @Test
    void aFullDiskCostsWhatItDoesNotTakeAndNotWhatComesLater() {
        target.full = true;
        console.print(line("lost\nlost"));
        await().until(() -> console.dropped() == 2);
        target.full = false;
        console.print(line("kept"));
        await().until(() -> target.text().equals("half\nkept\n"));
        assertThat(console.dropped()).isEqualTo(2);
    }

    @Test
    void whatIsPrintedBecomesWholeLinesWithoutTheHiddenByte() {
        var stream = console.stream(1);
        stream.print("one ");
        stream.print("line\u0001");
        assertThat(target.text()).isEmpty();
        stream.println();
        await().until(() -> target.text().equals("one line?\n"));
    }

    private static byte[] line(String text) {
        return (text + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static final class Target extends OutputStream {
        private final ByteArrayOutputStream written = new ByteArrayOutputStream();
        private volatile CountDownLatch gate = new CountDownLatch(0);
        private volatile boolean full;

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            if (full) {
                written.writeBytes("half".getBytes(StandardCharsets.UTF_8));
                throw new IOException("No space left on device");
            }
            synchronized (written) {
                written.write(bytes, from, count);
            }
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        String text() {
            return written.toString(StandardCharsets.UTF_8);
        }
    }
}
