package io.backpool.service.queue;

import io.backpool.config.ServiceUrl;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;

/**
 * Handles messages until it is killed: {@code ConsumerProgram URL LEDGER OUTPUT}. Each message's id
 * is a line of the output, which several processes append to.
 */
final class ConsumerProgram {
    private ConsumerProgram() {}

    public static void main(String[] args) throws Exception {
        var database = TestLedger.open(Path.of(args[1]));
        FileChannel output =
                FileChannel.open(
                        Path.of(args[2]), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        Queue queue = Queue.open(new ServiceUrl(args[0]), () -> database);
        queue.consume(
                4,
                message -> {
                    byte[] line = (message.id() + "\n").getBytes(StandardCharsets.US_ASCII);
                    output.write(ByteBuffer.wrap(line));
                    // Where a kill makes a duplicate.
                    Thread.sleep(2);
                    return null;
                });
        new CountDownLatch(1).await();
    }
}
