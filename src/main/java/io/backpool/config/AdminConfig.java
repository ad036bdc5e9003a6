package io.backpool.config;

import java.net.InetAddress;

/** The admin listener. */
public record AdminConfig(InetAddress bind, int port) {}
