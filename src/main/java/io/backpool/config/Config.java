package io.backpool.config;

import java.util.List;

/** The whole configuration, valid in itself. Made by {@link ConfigReader}. */
public record Config(
        PoolConfig pool,
        List<BalancerConfig> balancers,
        TrustConfig trust,
        LimitsConfig limits,
        SessionsConfig sessions,
        ServicesConfig services,
        AppConfig app,
        AccessLogConfig accessLog,
        LogConfig log,
        AdminConfig admin) {
    public Config {
        balancers = List.copyOf(balancers);
    }
}
