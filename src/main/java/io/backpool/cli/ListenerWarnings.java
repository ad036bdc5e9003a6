package io.backpool.cli;

import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.config.TlsFiles;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the members' listeners show to a network, and an operator should know when a pool starts.
 */
final class ListenerWarnings {
    private static final Logger LOG = LoggerFactory.getLogger(ListenerWarnings.class);
    private static final Duration SOON = Duration.ofDays(14);

    private ListenerWarnings() {}

    static void log(Config config, Instant now) {
        PoolConfig pool = config.pool();
        if (config.app().program() != null) {
            return;
        }
        if (pool.hasAjp() && !pool.bind().isLoopbackAddress()) {
            LOG.warn(
                    "AJP listens on {}, beyond loopback: requests and the AJP secret are readable"
                            + " on the way. pool.ajp-port: 0 where no httpd speaks AJP; else a"
                            + " network of its own or a VPN, or HTTP with pool.tls",
                    pool.bind().getHostAddress());
        }
        if (pool.tls() != null) {
            certificate(TlsFiles.read(pool.tls(), now), pool, now);
        }
    }

    private static void certificate(TlsFiles files, PoolConfig pool, Instant now) {
        if (!files.isOf(pool.host())) {
            LOG.warn(
                    "pool.tls.certificate is of {}, not of {} (pool.advertise): httpd will refuse"
                            + " it. It compares the common name and names of DNS, also with an"
                            + " address",
                    files.names(),
                    pool.host());
        }
        if (now.plus(SOON).isAfter(files.expires())) {
            LOG.warn(
                    "pool.tls.certificate expires at {}: renew it, members read the files again by"
                            + " themselves",
                    files.expires());
        }
    }
}
