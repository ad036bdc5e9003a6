package io.backpool.server;

import io.undertow.security.api.AuthenticationMode;
import io.undertow.security.api.SecurityContext;
import io.undertow.security.idm.Account;
import io.undertow.security.impl.ExternalAuthenticationMechanism;
import io.undertow.security.impl.SecurityContextFactoryImpl;
import io.undertow.server.HttpServerExchange;
import java.security.Principal;
import java.util.Set;

/**
 * The user whom httpd authenticated, where Undertow's handlers look for them.
 *
 * @param getName as httpd says it
 */
record RemoteUser(String getName) implements Principal, Account {
    private static final String MECHANISM = "EXTERNAL";

    /** As Undertow does for AJP, and in a security context besides. */
    void attachTo(HttpServerExchange exchange) {
        exchange.putAttachment(HttpServerExchange.REMOTE_USER, getName);
        exchange.putAttachment(ExternalAuthenticationMechanism.EXTERNAL_PRINCIPAL, getName);
        SecurityContext context =
                SecurityContextFactoryImpl.INSTANCE.createSecurityContext(
                        exchange, AuthenticationMode.CONSTRAINT_DRIVEN, null, null);
        context.authenticationComplete(this, MECHANISM, false);
        exchange.setSecurityContext(context);
    }

    @Override
    public Principal getPrincipal() {
        return this;
    }

    @Override
    public Set<String> getRoles() {
        return Set.of();
    }
}
