package io.backpool.proxyconf;

/** What a front end speaks to the members. */
public enum Protocol {
    /** HTTP/1.1: the only one that carries WebSocket. */
    HTTP,
    /** AJP/1.3: client address, TLS facts and user arrive out of a client's reach. */
    AJP,
    /** HTTP/2 without TLS, on the members' HTTP port. */
    H2C;

    /** As people write it, such as {@code HTTP/1.1}. */
    String label() {
        return switch (this) {
            case HTTP -> "HTTP/1.1";
            case AJP -> "AJP/1.3";
            case H2C -> "HTTP/2 without TLS (h2c)";
        };
    }
}
