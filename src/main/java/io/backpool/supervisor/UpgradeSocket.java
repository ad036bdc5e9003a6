package io.backpool.supervisor;

import io.backpool.config.Config;
import io.backpool.config.ConfigSnapshot;
import io.backpool.pool.OtherSupervisor;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * One end of the socket between two processes of a pool in an upgrade. Its end tells that the other
 * one has ended. The pipes of a child would not do: the new process's output is the pool's, and
 * goes on when the old one is gone.
 */
public final class UpgradeSocket implements OtherSupervisor {
    static final Path FILE = Path.of("data", "upgrade.sock");

    /** Tells the new process that there is an old one, and how many members that has. */
    static final String VARIABLE = "UPGRADE_OF_BACKPOOL";

    private static final String SCALED = "pool.members";

    private final SocketChannel channel;
    private final Members members;
    private final Queue<String> heard = new ConcurrentLinkedQueue<>();
    private volatile boolean ended;

    /**
     * How many members the old process has, and how many its settings said.
     *
     * @param mark distinguishes this upgrade from all others
     */
    record Members(int now, int configured, String mark) {
        String text() {
            return now + " " + configured + " " + mark;
        }

        static Members of(String text) {
            String[] words = text.split(" ");
            return new Members(Integer.parseInt(words[0]), Integer.parseInt(words[1]), words[2]);
        }
    }

    UpgradeSocket(SocketChannel channel, Members members) {
        this.channel = channel;
        this.members = members;
        var reader = new Thread(this::read, "upgrade");
        reader.setDaemon(true);
        reader.start();
    }

    /** To the process that this one follows; null: there is none. */
    public static @Nullable UpgradeSocket find(Map<String, String> environment) throws IOException {
        String text = environment.get(VARIABLE);
        return text == null
                ? null
                : new UpgradeSocket(
                        SocketChannel.open(UnixDomainSocketAddress.of(FILE)), Members.of(text));
    }

    /** These settings, with as many members as {@code scale} has made since they were read. */
    public ConfigSnapshot scaled(ConfigSnapshot settings) {
        Config config = settings.read();
        return config.pool().members() == members.configured
                ? settings.with(SCALED, Integer.toString(members.now), "the process of before")
                : settings;
    }

    private void read() {
        try (var lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                heard.add(line);
            }
        } catch (IOException e) {
            // Its end as well.
        } finally {
            ended = true;
        }
    }

    @Override
    public synchronized void say(String line) {
        ByteBuffer bytes =
                ByteBuffer.wrap((line.replace('\n', ' ') + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            // Its reader tells.
        }
    }

    @Override
    public @Nullable String next() {
        return heard.poll();
    }

    @Override
    public boolean isGone() {
        return ended && heard.isEmpty();
    }
}
