package io.backpool.service.queue;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;

/**
 * Handles messages until it is killed: {@code ConsumerProgram URL NAME STATES THREADS OUTPUT}. Each
 * message's id is a line of the output, which several processes append to.
 */
final class ConsumerProgram {
    /** A message that kills the process. */
    static final String DIES_OF = "poison";

    private ConsumerProgram() {}

    public static void main(String[] args) throws Exception {
        var database = TestStates.open(Path.of(args[2]));
        FileChannel output =
                FileChannel.open(
                        Path.of(args[4]), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        PoolQueue queue = TestQueues.open(args[0], args[1], () -> database);
        queue.consume(
                Integer.parseInt(args[3]),
                message -> {
                    if (QueueContract.text(message).equals(DIES_OF)) {
                        Runtime.getRuntime().halt(1);
                    }
                    byte[] line = (message.id() + "\n").getBytes(StandardCharsets.US_ASCII);
                    output.write(ByteBuffer.wrap(line));
                    // Where a kill makes a duplicate.
                    Thread.sleep(2);
                    return null;
                });
        new CountDownLatch(1).await();
    }
}
