package io.backpool.config;

/** The whole configuration, valid in itself. Made by {@link ConfigReader}. */
public record Config(PoolConfig pool, LimitsConfig limits, AppConfig app, AdminConfig admin) {}
