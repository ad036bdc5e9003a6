package io.backpool.balancer;

/** httpd could not be asked or did not do what it was asked. The message says what to do next. */
public final class BalancerException extends RuntimeException {
    private static final long serialVersionUID = 1;

    BalancerException(String message) {
        super(message);
    }

    BalancerException(String message, Throwable cause) {
        super(message, cause);
    }
}
