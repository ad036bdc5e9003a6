package io.backpool.balancer;

import io.backpool.config.BalancerConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Asks an httpd for the {@code server-status} beside its balancer-manager. One that has none is
 * asked seldom, since httpd may write each refusal into its error log. Used by one thread.
 */
final class StatusReader {
    private static final Duration INTERVAL = Duration.ofSeconds(5);
    private static final Duration ASK_AGAIN = Duration.ofMinutes(2);
    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    private final ManagerHttp http;
    private final InstantSource clock;
    private Instant due = Instant.MIN;
    private @Nullable HttpdStatus last;

    StatusReader(BalancerConfig config, InstantSource clock) {
        this.http = new ManagerHttp(config, TIMEOUT);
        this.clock = clock;
    }

    /** Which run of its configuration httpd is in now; empty: it does not say. */
    String generation() {
        due = Instant.MIN;
        HttpdStatus now = read();
        return now == null ? "" : now.generation();
    }

    /** As of a few seconds ago at most; null: this httpd does not say. */
    @Nullable HttpdStatus read() {
        if (!clock.instant().isBefore(due)) {
            try {
                last = HttpdStatus.parse(http.serverStatus().body());
            } catch (BalancerException e) {
                last = null;
            }
            due = clock.instant().plus(last == null ? ASK_AGAIN : INTERVAL);
        }
        return last;
    }
}
