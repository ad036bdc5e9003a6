package io.backpool.supervisor;

import io.backpool.observe.Console;
import io.backpool.supervisor.Message.Beat;
import io.backpool.supervisor.Message.Cut;
import io.backpool.supervisor.Message.Failed;
import io.backpool.supervisor.Message.Ready;
import io.backpool.supervisor.Message.Unready;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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

    /** Requests that come from now on wait, each for so many seconds as follow; 0: not any more. */
    public static final String HOLD = "hold ";

    /** Every httpd knows: finish and end. */
    public static final String LEAVE = "leave";

    /** Not every httpd knows: let them notice, then finish and end. */
    public static final String LEAVE_UNNOTICED = "leave-unnoticed";

    /** Log files were moved away: go on in new ones. */
    public static final String REOPEN = "reopen";

    private SupervisorPipe() {}

    /** Takes standard output for the messages; what is printed goes between them. */
    public static SupervisorPipe open() {
        System.setOut(Console.OUT.stream(Message.MARK));
        return new SupervisorPipe();
    }

    /** What a child says every second. */
    public interface Pulse {
        /** Waits until it is seen to live. */
        Beat next() throws InterruptedException;

        /** Why it can't serve, to follow its route; null: it can. */
        @Nullable String notReady();
    }

    /** Reports, now and every second, that the child lives, and whether it can serve. */
    public void begin(Pulse pulse) throws InterruptedException {
        sayBoth(pulse);
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
                sayBoth(pulse);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void sayBoth(Pulse pulse) throws InterruptedException {
        say(pulse.next());
        String why = pulse.notReady();
        say(why == null ? new Ready() : new Unready(why));
    }

    private static void say(Message message) {
        Console.OUT.print((message.line() + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
