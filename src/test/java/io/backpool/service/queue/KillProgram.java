package io.backpool.service.queue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Publishes and handles messages until it is killed: {@code KillProgram URL NAME STATES PUBLISHED
 * HANDLED COUNT PAUSE}. Each id is a line of the one file when the engine has confirmed it, of the
 * other when a handler has it.
 */
final class KillProgram {
    private static final int BODY = 1_000;

    private KillProgram() {}

    public static void main(String[] args) throws Exception {
        var database = TestStates.open(Path.of(args[2]));
        FileChannel published = append(args[3]);
        FileChannel handled = append(args[4]);
        PoolQueue queue = TestQueues.open(args[0], args[1], () -> database);
        queue.consume(
                2,
                message -> {
                    write(handled, message.id());
                    return null;
                });
        for (int left = Integer.parseInt(args[5]); left > 0; left--) {
            write(published, publish(queue));
            Thread.sleep(Long.parseLong(args[6]));
        }
        new CountDownLatch(1).await();
    }

    /** As a client does: again after each 503. */
    private static String publish(PoolQueue queue) throws InterruptedException {
        while (true) {
            try {
                return queue.publish(new byte[BODY]);
            } catch (QueueException e) {
                Thread.sleep(200);
            }
        }
    }

    private static FileChannel append(String file) throws IOException {
        return FileChannel.open(
                Path.of(file), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static void write(FileChannel file, String id) throws IOException {
        file.write(ByteBuffer.wrap((id + "\n").getBytes(StandardCharsets.US_ASCII)));
    }

    /** The whole lines of all files in this folder whose names begin so. */
    static List<String> lines(Path folder, String prefix) throws IOException {
        List<String> all = new ArrayList<>();
        try (var files = Files.newDirectoryStream(folder, prefix + "*")) {
            for (Path file : files) {
                String text = Files.readString(file, StandardCharsets.US_ASCII);
                all.addAll(text.substring(0, text.lastIndexOf('\n') + 1).lines().toList());
            }
        }
        return all;
    }
}
