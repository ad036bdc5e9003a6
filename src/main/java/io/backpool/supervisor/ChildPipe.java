package io.backpool.supervisor;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Takes one stream of a child apart: lines to show, and {@link Message}s. A message may come in the
 * middle of a line, since the JVM itself prints past {@link SupervisorPipe}. Used by one thread,
 * which reads on until the child is gone; a line longer than {@link #LONGEST} is passed on in
 * pieces.
 */
final class ChildPipe {
    /** An access line whose URL fills {@code limits.header-size}, each byte of it escaped. */
    static final int LONGEST = 512 * 1024;

    private final Consumer<String> lines;
    private final Consumer<Message> messages;
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private boolean inMessage;

    ChildPipe(Consumer<String> lines, Consumer<Message> messages) {
        this.lines = lines;
        this.messages = messages;
    }

    /** Reads until the stream ends, however it ends. */
    void readAll(InputStream in) {
        byte[] chunk = new byte[8192];
        try (in) {
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                for (int i = 0; i < count; i++) {
                    take(chunk[i]);
                }
            }
        } catch (IOException e) {
            // The child's end; its exit status tells the rest.
        }
        if (text.size() > 0) {
            emit();
        }
    }

    private void take(byte b) {
        if (b == Message.MARK) {
            inMessage = true;
            message.reset();
        } else if (b == '\n') {
            endOfLine();
        } else {
            append(b);
        }
    }

    private void append(byte b) {
        if (!inMessage) {
            text.write(b);
            if (text.size() >= LONGEST) {
                emit();
            }
        } else if (message.size() < LONGEST) {
            message.write(b);
        }
    }

    private void endOfLine() {
        if (!inMessage) {
            emit();
            return;
        }
        inMessage = false;
        Message said = Message.parse(message.toString(StandardCharsets.UTF_8));
        if (said != null) {
            messages.accept(said);
        }
    }

    private void emit() {
        lines.accept(text.toString(StandardCharsets.UTF_8));
        text.reset();
    }
}
