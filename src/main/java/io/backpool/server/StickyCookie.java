package io.backpool.server;

import io.backpool.config.SessionsConfig;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.Cookie;
import io.undertow.server.handlers.CookieImpl;
import io.undertow.server.session.SessionConfig;
import io.undertow.util.AttachmentKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The cookie {@code <id>.<route>} of one member: httpd reads the route, we read the id. There is no
 * {@code ;jsessionid=} in paths: addresses are passed on, cookies are not. Called by the threads
 * that handle requests.
 */
final class StickyCookie implements SessionConfig {
    /** The id of the session that the request used. */
    static final AttachmentKey<String> USED = AttachmentKey.create(String.class);

    /** Each one may be a question to another process. */
    private static final int MAX_TRIED = 10;

    private final String name;
    private final String route;
    private final Sessions sessions;

    StickyCookie(SessionsConfig config, String route, Sessions sessions) {
        this.name = config.cookie();
        this.route = route;
        this.sessions = sessions;
    }

    /**
     * The id that the client brought, if there is a session of that id. Undertow makes a new
     * session under the id that is found here: an id of the client's own making must not be
     * (session fixation). Other applications of this host may have cookies of the same name, so
     * each value is tried. A client that comes from another member gets the cookie of this one.
     */
    @Override
    public @Nullable String findSessionId(HttpServerExchange exchange) {
        List<String> values = RequestCookies.values(exchange.getRequestHeaders(), name);
        int tried = Math.min(values.size(), MAX_TRIED);
        for (int i = 0; i < tried; i++) {
            String value = values.get(i);
            int dot = value.lastIndexOf('.');
            String id = dot < 0 ? value : value.substring(0, dot);
            if (tried == 1 ? sessions.mayBe(id) : sessions.has(id, exchange)) {
                exchange.putAttachment(USED, id);
                if (!route.equals(value.substring(dot + 1))) {
                    setSessionId(exchange, id);
                }
                return id;
            }
        }
        return null;
    }

    @Override
    public void setSessionId(HttpServerExchange exchange, String sessionId) {
        exchange.putAttachment(USED, sessionId);
        exchange.setResponseCookie(cookie(exchange, sessionId));
    }

    @Override
    public void clearSession(HttpServerExchange exchange, String sessionId) {
        exchange.removeAttachment(USED);
        exchange.setResponseCookie(cookie(exchange, sessionId).setMaxAge(0));
    }

    private Cookie cookie(HttpServerExchange exchange, String id) {
        return new CookieImpl(name, id + "." + route)
                .setPath("/")
                .setHttpOnly(true)
                .setSameSiteMode("Lax")
                .setSecure(exchange.getRequestScheme().equals("https"));
    }

    @Override
    public SessionCookieSource sessionCookieSource(HttpServerExchange exchange) {
        return findSessionId(exchange) == null
                ? SessionCookieSource.NONE
                : SessionCookieSource.COOKIE;
    }

    @Override
    public String rewriteUrl(String originalUrl, String sessionId) {
        return originalUrl;
    }
}
