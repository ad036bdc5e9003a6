package io.backpool.supervisor;

import io.backpool.supervisor.Message.Beat;
import io.backpool.supervisor.Message.Cut;
import io.backpool.supervisor.Message.Failed;
import io.backpool.supervisor.Message.Ready;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * A child's end of the pipes to its supervisor. Standard output carries the messages, and whole
 * lines of everything else that the process prints; standard input brings commands and, by its end,
 * the news that the supervisor is gone. Made once, before anything is printed; safe for all
 * threads.
 */
public final class SupervisorPipe {
    /** How often a child says that it lives. */
    static final long BEAT_MILLIS = 1000;

    /** Commands of the supervisor, a line each. */
    public static final String SERVE = "serve";

    public static final String DRAIN = "drain";

    /** Every httpd knows: finish and end. */
    public static final String LEAVE = "leave";

    /** Not every httpd knows: let them notice, then finish and end. */
    public static final String LEAVE_UNNOTICED = "leave-unnoticed";

    /** Log files were moved away: go on in new ones. */
    public static final String REOPEN = "reopen";

    /** Written a whole line at a time. Guarded by itself. */
    private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);

    private SupervisorPipe() {}

    /** Takes standard output for the messages; what is printed goes between them. */
    public static SupervisorPipe open() {
        var pipe = new SupervisorPipe();
        System.setOut(new PrintStream(pipe.new Lines(), true, StandardCharsets.UTF_8));
        return pipe;
    }

    /** Tells the state of what lives. */
    public interface Pulse {
        /** Waits until it is seen to live. */
        Beat next() throws InterruptedException;
    }

    /** Reports as ready, and from then on as alive: each beat of {@code pulse}, every second. */
    public void ready(Pulse pulse) throws InterruptedException {
        say(pulse.next());
        say(new Ready());
        var thread = new Thread(() -> beat(pulse), "heartbeat");
        thread.setDaemon(true);
        thread.start();
    }

    /** Reports why this process can't start. */
    public void failed(int exitCode, String text) {
        say(new Failed(exitCode, text));
    }

    /** Reports, last of all, how many requests were not waited for. */
    public void cut(int requests) {
        say(new Cut(requests));
    }

    /** Hands each command to {@code commands}, until the supervisor is gone. */
    public void obey(Consumer<String> commands) {
        var in =
                new BufferedReader(
                        new InputStreamReader(
                                new FileInputStream(FileDescriptor.in), StandardCharsets.UTF_8));
        try {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                commands.accept(line);
            }
        } catch (IOException e) {
            // Gone as well.
        }
    }

    private void beat(Pulse pulse) {
        try {
            while (true) {
                Thread.sleep(BEAT_MILLIS);
                say(pulse.next());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void say(Message message) {
        write((message.line() + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private void write(byte[] wholeLines) {
        synchronized (out) {
            try {
                out.write(wholeLines);
            } catch (IOException e) {
                // The supervisor is gone, which standard input tells as well.
            }
        }
    }

    /**
     * {@link System#out}: lines are kept until they are whole or long, and never look like ours.
     */
    private final class Lines extends OutputStream {
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        @Override
        public synchronized void write(byte[] bytes, int from, int count) {
            for (int i = from; i < from + count; i++) {
                write(bytes[i]);
            }
        }

        @Override
        public synchronized void write(int b) {
            line.write(b == Message.MARK ? '?' : b);
            if (b == '\n' || line.size() >= ChildPipe.LONGEST) {
                SupervisorPipe.this.write(line.toByteArray());
                line.reset();
            }
        }
    }
}
