package io.backpool.config;

import java.net.InetAddress;

/** The admin listener. */
public record AdminConfig(InetAddress bind, int port) {
    /** The listener of the process of member {@code index}. */
    public AdminConfig ofMember(int index) {
        return new AdminConfig(bind, port + index);
    }
}
