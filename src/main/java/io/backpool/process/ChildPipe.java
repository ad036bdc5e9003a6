package io.backpool.process;

import io.backpool.observe.Console;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes one stream of a child apart: lines to show, and messages, which begin with {@link #MARK}. A
 * message may come in the middle of a line, since a JVM itself prints past what the child says.
 * Used by one thread, which reads on until the child is gone; a line longer than {@link #LONGEST}
 * is passed on in pieces.
 */
public final class ChildPipe {
    /** Begins a message, which ends with the line. */
    public static final char MARK = '\u0001';

    /** An access line whose URL fills {@code limits.header-size}, each byte of it escaped. */
    static final int LONGEST = Console.LONGEST;

    private final Consumer<String> lines;
    private final @Nullable Consumer<String> messages;
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private boolean inMessage;

    /**
     * Makes one.
     *
     * @param messages takes each message without its mark; null: the child sends none, and a mark
     *     is text
     */
    public ChildPipe(Consumer<String> lines, @Nullable Consumer<String> messages) {
        this.lines = lines;
        this.messages = messages;
    }

    /** Reads until the stream ends, however it ends. */
    public void readAll(InputStream in) {
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
        if (b == MARK && messages != null) {
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
        if (messages != null) {
            messages.accept(message.toString(StandardCharsets.UTF_8));
        }
    }

    private void emit() {
        lines.accept(text.toString(StandardCharsets.UTF_8));
        text.reset();
    }
}
