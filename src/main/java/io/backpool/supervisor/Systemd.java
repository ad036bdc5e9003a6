package io.backpool.supervisor;

import io.backpool.pool.Reloading;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells systemd how the pool is (sd_notify(3)), where systemd asked for it; else silent. Java has
 * no datagrams on Unix sockets, and a JVM whose files were upgraded under it may start no process
 * any more: so one shell is started at once, and calls {@code systemd-notify} for each line that it
 * is given. It ends with this process. Safe for all threads.
 */
public final class Systemd implements Reloading {
    private static final Logger LOG = LoggerFactory.getLogger(Systemd.class);

    /** Signals to the whole service are not meant for it: it says the last word, STOPPING. */
    private static final String RELAY =
            """
            command -v systemd-notify >/dev/null || exit 127
            trap '' HUP INT QUIT TERM USR1 USR2 TTIN TTOU
            IFS='\t'; set -f
            while read -r state; do systemd-notify $state; done
            """;

    private static final long LONGEST_TALK = 10;

    /** Null: no service manager asked for it. */
    private final @Nullable Process shell;

    private final long watchdogMillis;

    /** Guarded by this. */
    private boolean stopping;

    /** Guarded by this. */
    private boolean lost;

    private Systemd(@Nullable Process shell, long watchdogMillis) {
        this.shell = shell;
        this.watchdogMillis = watchdogMillis;
    }

    /** Finds out whether systemd waits for news. */
    public static Systemd find(Map<String, String> environment) {
        if (!environment.containsKey("NOTIFY_SOCKET")) {
            return new Systemd(null, 0);
        }
        try {
            Process shell =
                    new ProcessBuilder("sh", "-c", RELAY)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            return new Systemd(shell, watchdogMillis(environment));
        } catch (IOException e) {
            LOG.warn("systemd is not notified: {}", e.getMessage());
            return new Systemd(null, 0);
        }
    }

    /** As sd_watchdog_enabled(3) reads it. */
    private static long watchdogMillis(Map<String, String> environment) {
        String own = Long.toString(ProcessHandle.current().pid());
        String micros = environment.get("WATCHDOG_USEC");
        return micros == null || !environment.getOrDefault("WATCHDOG_PID", own).equals(own)
                ? 0
                : TimeUnit.MICROSECONDS.toMillis(Long.parseLong(micros));
    }

    /** All members serve, for the first time or after {@link #begins}. */
    public void ready() {
        notifySystemd("READY=1\tSTATUS=serving");
    }

    @Override
    public void begins() {
        long now = TimeUnit.NANOSECONDS.toMicros(System.nanoTime()); // CLOCK_MONOTONIC on Linux
        notifySystemd(
                "RELOADING=1\tMONOTONIC_USEC=" + now + "\tSTATUS=restarting, one member at a time");
    }

    @Override
    public void ends() {
        ready();
    }

    /** The last news. */
    public synchronized void stopping() {
        notifySystemd("STOPPING=1\tSTATUS=letting requests finish");
        stopping = true;
    }

    /**
     * Another process is the service from now on; the last news, too. Returns when systemd has
     * taken note: otherwise it would take the end of this process for that of the service.
     */
    public synchronized void goesOnAs(long pid) throws InterruptedException {
        notifySystemd("MAINPID=" + pid);
        stopping = true;
        if (shell != null) {
            try {
                shell.getOutputStream().close();
            } catch (IOException e) {
                return; // It was lost before, which was said.
            }
            shell.waitFor(LONGEST_TALK, TimeUnit.SECONDS);
        }
    }

    /** What is watched. */
    public interface Pulse {
        /** Returns when it is seen to work; for ever, when it hangs. */
        void await() throws InterruptedException;
    }

    /** From now on tells systemd, as often as it wants to hear it, that {@code pulse} works. */
    public void watch(Pulse pulse) {
        if (watchdogMillis > 0) {
            var thread = new Thread(() -> beat(pulse), "watchdog");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void beat(Pulse pulse) {
        try {
            while (true) {
                pulse.await();
                notifySystemd("WATCHDOG=1");
                Thread.sleep(Math.max(1, watchdogMillis / 2));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void notifySystemd(String news) {
        if (shell == null || stopping || lost) {
            return;
        }
        try {
            OutputStream relay = shell.getOutputStream();
            relay.write((news + "\n").getBytes(StandardCharsets.UTF_8));
            relay.flush();
        } catch (IOException e) {
            lost = true;
            LOG.warn("systemd is not notified any more: is systemd-notify installed?");
        }
    }
}
