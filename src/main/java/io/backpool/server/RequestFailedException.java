package io.backpool.server;

/** Says in Undertow's line of the log which request it was that a handler failed at. */
final class RequestFailedException extends Exception {
    private static final long serialVersionUID = 1;

    RequestFailedException(String request, Throwable cause) {
        super(request, cause, true, false);
    }
}
