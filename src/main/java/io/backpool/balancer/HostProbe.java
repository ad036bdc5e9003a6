package io.backpool.balancer;

import io.backpool.balancer.OtherHosts.Answer;
import io.backpool.config.NumericAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether another host answers this one: a TCP connect that is begun at one look and judged at a
 * later one, so that nobody waits for it. Nothing is sent. Used by one thread.
 */
final class HostProbe implements OtherHosts.Probe {
    private static final Logger LOG = LoggerFactory.getLogger(HostProbe.class);

    /** So long a host may take, and so far apart connects are begun. */
    static final Duration LIMIT = Duration.ofSeconds(1);

    /** Linux itself gives a connect up after 3 s at the earliest ({@code tcp_syn_retries=1}). */
    private static final Duration GIVEN_UP = Duration.ofSeconds(3);

    private final String host;
    private @Nullable CompletableFuture<InetAddress> address;
    private Instant began = Instant.EPOCH.minus(LIMIT);
    private int turn;
    private @Nullable SocketChannel connecting;

    /** What a connect came to at once. */
    private @Nullable Answer atOnce;

    /**
     * @param host as in a URL
     */
    HostProbe(String host) {
        this.host = host;
    }

    @Override
    public @Nullable Answer look(Instant now, List<Integer> ports) {
        Answer answer = answer(now);
        if (connecting == null && !now.isBefore(began.plus(LIMIT))) {
            InetAddress known = address();
            if (known != null) {
                began = now;
                turn = (turn + 1) % ports.size();
                connect(new InetSocketAddress(known, ports.get(turn)));
            }
        }
        return answer;
    }

    @Override
    public void close() {
        SocketChannel channel = connecting;
        connecting = null;
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.debug("a socket to {} could not be closed", host, e);
            }
        }
    }

    private void connect(InetSocketAddress to) {
        try {
            SocketChannel channel = SocketChannel.open();
            connecting = channel;
            channel.configureBlocking(false);
            channel.connect(to);
        } catch (ConnectException e) {
            atOnce = Answer.REFUSED;
        } catch (IOException e) {
            atOnce = connecting == null ? null : Answer.NONE; // Null: no more file descriptors.
        }
    }

    private @Nullable Answer answer(Instant now) {
        Answer answer = atOnce;
        SocketChannel channel = connecting;
        if (answer == null && channel != null) {
            answer = answer(channel, Duration.between(began, now));
            if (answer == null && now.isBefore(began.plus(LIMIT))) {
                return null;
            }
        }
        atOnce = null;
        close();
        return answer;
    }

    /** Null: not yet, or it is too late to say. */
    private static @Nullable Answer answer(SocketChannel channel, Duration age) {
        try {
            if (channel.finishConnect()) {
                return Answer.CONNECTED;
            }
            return age.compareTo(LIMIT) < 0 ? null : Answer.NONE;
        } catch (ConnectException e) {
            return age.compareTo(GIVEN_UP) < 0 ? Answer.REFUSED : null;
        } catch (IOException e) { // No route to it.
            return Answer.NONE;
        }
    }

    /** Null: not known. A name is looked up anew each time, and nobody waits for that. */
    private @Nullable InetAddress address() {
        InetAddress numeric = NumericAddress.parse(NumericAddress.withoutBrackets(host));
        if (numeric != null) {
            return numeric;
        }
        CompletableFuture<InetAddress> asked = address;
        if (asked != null && !asked.isDone()) {
            return null;
        }
        address = CompletableFuture.supplyAsync(this::lookUp);
        return asked == null || asked.isCompletedExceptionally() ? null : asked.join();
    }

    private InetAddress lookUp() {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new BalancerException("no address of " + host, e);
        }
    }
}
