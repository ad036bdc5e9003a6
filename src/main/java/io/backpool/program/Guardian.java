package io.backpool.program;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shell that knows every process group of ours and ends them when this process is gone, killed or
 * not. It has a session of its own, so that no signal to ours reaches it. Safe for all threads.
 */
final class Guardian implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Guardian.class);

    /** A line that begins with + adds a group, each other one takes it away. */
    private static final String SHELL =
            """
            groups=
            while read -r word group; do
                rest=
                for one in $groups; do [ "$one" = "$group" ] || rest="$rest $one"; done
                [ "$word" = + ] && rest="$rest $group"
                groups=$rest
            done
            for one in $groups; do kill -KILL -- "-$one"; done 2>/dev/null
            """;

    /** Guarded by this, as is the next one. */
    private final Set<Long> groups = new LinkedHashSet<>();

    private Process shell;

    Guardian() throws IOException {
        shell = start();
    }

    private static Process start() throws IOException {
        return new ProcessBuilder("setsid", "sh", "-c", SHELL)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    synchronized void add(long group) {
        groups.add(group);
        tell("+", group);
    }

    synchronized void remove(long group) {
        groups.remove(group);
        tell("-", group);
    }

    private void tell(String word, long group) {
        try {
            if (shell.isAlive()) {
                write(word, group);
            } else {
                LOG.warn("the shell that ends programs after the pool was ended: another follows");
                shell = start();
                for (Long known : groups) {
                    write("+", known);
                }
            }
        } catch (IOException e) {
            LOG.warn("programs may outlive a pool that is killed: {}", e.getMessage());
        }
    }

    private void write(String word, long group) throws IOException {
        OutputStream in = shell.getOutputStream();
        in.write((word + " " + group + "\n").getBytes(StandardCharsets.US_ASCII));
        in.flush();
    }

    @Override
    public synchronized void close() throws IOException {
        shell.getOutputStream().close();
    }
}
