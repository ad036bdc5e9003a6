package io.backpool.cli;

import io.backpool.config.AdminConfig;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.config.TlsConfig;
import io.backpool.config.TlsFiles;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the listeners show to a network, and an operator should know when a pool starts. */
final class ListenerWarnings {
    private static final Logger LOG = LoggerFactory.getLogger(ListenerWarnings.class);
    private static final Duration SOON = Duration.ofDays(14);

    private ListenerWarnings() {}

    static void log(Config config, Instant now) {
        if (config.app().program() == null) {
            members(config.pool(), now);
        }
        admin(config.admin(), now);
    }

    private static void members(PoolConfig pool, Instant now) {
        if (pool.hasAjp() && !pool.bind().isLoopbackAddress()) {
            LOG.warn(
                    "AJP listens on {}, beyond loopback: requests and the AJP secret are readable"
                            + " on the way. pool.ajp-port: 0 where no httpd speaks AJP; else a"
                            + " network of its own or a VPN, or HTTP with pool.tls",
                    pool.bind().getHostAddress());
        }
        if (pool.tls() != null) {
            TlsFiles files = TlsFiles.read(pool.tls(), now);
            certificate(files, pool);
            expiry(pool.tls(), files, now);
        }
    }

    private static void admin(AdminConfig admin, Instant now) {
        TlsConfig tls = admin.tls();
        if (tls != null) {
            TlsFiles files = TlsFiles.read(tls, now);
            if (TlsFiles.alternativeNames(files.own()).isEmpty()) {
                LOG.warn(
                        "admin.tls.certificate has no subjectAltName: Prometheus and browsers take"
                                + " it for nobody's");
            }
            expiry(tls, files, now);
        } else if (!admin.bind().isLoopbackAddress()) {
            LOG.warn(
                    "The admin listener is on {}, beyond loopback, without TLS: the token is"
                            + " readable on the way. admin.tls, or admin.bind: 127.0.0.1 and a"
                            + " tunnel",
                    admin.bind().getHostAddress());
        }
    }

    private static void certificate(TlsFiles files, PoolConfig pool) {
        if (!files.isOf(pool.host())) {
            LOG.warn(
                    "pool.tls.certificate is of {}, not of {} (pool.advertise): httpd will refuse"
                            + " it. It compares the common name and names of DNS, also with an"
                            + " address",
                    files.names(),
                    pool.host());
        }
    }

    private static void expiry(TlsConfig tls, TlsFiles files, Instant now) {
        if (now.plus(SOON).isAfter(files.expires())) {
            LOG.warn(
                    "{}.certificate expires at {}: renew it, the files are read again by"
                            + " themselves",
                    tls.use().section(),
                    files.expires());
        }
    }
}
