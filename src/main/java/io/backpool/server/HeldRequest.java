package io.backpool.server;

import io.undertow.server.Connectors;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpContinue;
import java.io.IOException;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request on its way through a {@link Hold}. Made on the event loop of its connection, where it
 * goes on, too; let in or refused by any thread.
 */
final class HeldRequest implements Hold.Request, Executor {
    private static final Logger LOG = LoggerFactory.getLogger(HeldRequest.class);

    private final HttpServerExchange exchange;
    private final Hold hold;
    private Runnable handling = () -> {};
    private boolean refused;

    HeldRequest(HttpServerExchange exchange, Hold hold) {
        this.exchange = exchange;
        this.hold = hold;
    }

    /** Called by Undertow when the handler chain has let go of the exchange. */
    @Override
    public void execute(Runnable dispatched) {
        handling = dispatched;
        exchange.addExchangeCompleteListener(
                (complete, next) -> {
                    hold.forget(this);
                    next.proceed();
                });
        try {
            if (HttpContinue.requiresContinueResponse(exchange)) {
                // httpd with ping= takes a member that lets it wait for this one for dead.
                HttpContinue.createResponseSender(exchange).send();
            }
        } catch (IOException e) {
            LOG.debug("Its client is gone", e);
        }
        hold.add(this);
    }

    /** The wait was an operator's wish: no time limit counts it. */
    @Override
    public void begin(Runnable then) {
        goOn(
                () -> {
                    try {
                        Connectors.setRequestStartTime(exchange);
                        handling.run();
                    } finally {
                        then.run();
                    }
                });
    }

    @Override
    public void refuse() {
        refused = true;
        goOn(handling);
    }

    boolean isRefused() {
        return refused;
    }

    private void goOn(Runnable task) {
        EventLoops.execute(exchange.getIoThread(), task);
    }
}
