package io.backpool.app.showcase;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that wait in a temporary file, first in, first out; the file is made with the first byte
 * and goes with the last reader. Used by one thread at a time.
 */
final class Spool implements Closeable {
    private @Nullable FileChannel file;
    private long head;
    private long tail;

    boolean isEmpty() {
        return head == tail;
    }

    /** Takes all of {@code bytes}. */
    void append(ByteBuffer bytes) throws IOException {
        if (file == null) {
            file =
                    FileChannel.open(
                            Files.createTempFile("backpool-", ".spool"),
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.DELETE_ON_CLOSE);
        }
        while (bytes.hasRemaining()) {
            tail += file.write(bytes, tail);
        }
    }

    /** Gives the next bytes in {@code buffer}, ready to be read: none if it is empty. */
    void take(ByteBuffer buffer) throws IOException {
        buffer.clear();
        if (file != null && !isEmpty()) {
            head += file.read(buffer, head);
        }
        buffer.flip();
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
