package io.backpool.balancer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.backpool.config.BalancerConfig;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Client of one httpd's balancer-manager, for one balancer. httpd answers 200 to what it ignored,
 * so every change is looked for in the state that comes back. Safe for any thread; keeps no state.
 */
public final class BalancerManager {
    /**
     * httpd cuts a body here without a word ({@code IOBUFSIZE} in its {@code balancer_handler}).
     */
    private static final int MAX_FORM = 1024;

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(BalancerManager.class);

    private final BalancerConfig config;
    private final String name;
    private final ManagerHttp http;

    public BalancerManager(BalancerConfig config) {
        this(config, TIMEOUT);
    }

    /**
     * @param timeout for one exchange with httpd
     */
    public BalancerManager(BalancerConfig config, Duration timeout) {
        this.config = config;
        this.name = config.name();
        this.http = new ManagerHttp(config, timeout);
    }

    /**
     * What httpd has now.
     *
     * @throws BalancerException if httpd can't be asked, or what answers is not its manager
     */
    public Balancer read() {
        HttpResponse<byte[]> answer = http.get("xml=1");
        if (answer.statusCode() != 200) {
            throw new BalancerException(
                    "httpd answered 400 to balancer-manager?xml=1: is the URL right?");
        }
        return ManagerPage.parse(answer.body(), name);
    }

    /**
     * Changes one member, all in one request.
     *
     * @param seen where {@code member} was read; an old nonce is read again and the change sent
     *     once more
     * @throws BalancerException also if httpd did not do it
     */
    Balancer update(Balancer seen, BalancerMember member, List<Change> changes) {
        Map<String, String> form = new LinkedHashMap<>();
        form.put("w", member.name());
        changes.forEach(change -> form.putAll(change.form()));
        Balancer after =
                change(
                        seen,
                        form,
                        balancer ->
                                balancer.member(member.url())
                                        .filter(now -> isDone(changes, now))
                                        .isPresent());
        for (Change change : changes) {
            if (!isInEditForm(after, member, change)) {
                after = fallBack(after, member, change);
            }
        }
        return after;
    }

    private Balancer fallBack(Balancer seen, BalancerMember member, Change change) {
        Change fallback = change.fallback();
        if (fallback == null) {
            throw new BalancerException(
                    "httpd ignored the health check of %s: its error log may say why"
                            .formatted(member.name()));
        }
        LOG.info("{} takes no {}, so {}", config.manager(), change.form(), fallback.form());
        return update(seen, member, List.of(fallback));
    }

    /**
     * Adds a member, disabled and without a route. httpd must have a free slot.
     *
     * @param socket through which httpd shall reach it; null: over TCP
     * @throws BalancerException if httpd refuses
     */
    Balancer add(Balancer seen, URI url, @Nullable Path socket) {
        String through = socket == null ? "" : "unix:" + socket + "|";
        Map<String, String> form = new LinkedHashMap<>();
        // As ws it carries WebSocket besides, for which an added member can't be given upgrade=.
        form.put("b_nwrkr", through + url.toString().replaceFirst("^http:", "ws:"));
        form.put("b_wyes", "1");
        return change(seen, form, balancer -> balancer.member(url).isPresent());
    }

    private Balancer change(Balancer seen, Map<String, String> form, Predicate<Balancer> done) {
        Balancer after = post(seen.nonce(), form);
        if (!done.test(after) && !after.nonce().equals(seen.nonce())) {
            after = post(after.nonce(), form);
        }
        if (!done.test(after)) {
            throw new BalancerException(
                    "httpd ignored %s for balancer://%s (it answers 200 to what it ignores): is the member still there, and does its balancer-manager take changes (no ProxySet nonce=None)?"
                            .formatted(form, name));
        }
        return after;
    }

    private Balancer post(String nonce, Map<String, String> fields) {
        Map<String, String> form = new LinkedHashMap<>();
        form.put("b", name);
        form.put("nonce", nonce);
        form.put("xml", "1");
        form.putAll(fields);
        String body = encoded(form);
        if (body.length() > MAX_FORM) {
            throw new BalancerException(
                    "a change of %d bytes, httpd takes %d: give %s a shorter name"
                            .formatted(body.length(), MAX_FORM, fields.get("w")));
        }
        HttpResponse<byte[]> answer = http.post(body);
        if (answer.statusCode() == 400) {
            throw new BalancerException(
                    "httpd refuses to add %s (400): has balancer://%s a free slot (ProxySet growth=N), and httpd the module for this scheme?"
                            .formatted(fields.get("b_nwrkr"), name));
        }
        return ManagerPage.parse(answer.body(), name);
    }

    /** Health checks are shown by the HTML only, and only where mod_proxy_hcheck is loaded. */
    private boolean isInEditForm(Balancer after, BalancerMember member, Change change) {
        if (change.marks().isEmpty()) {
            return true;
        }
        Map<String, String> query = new LinkedHashMap<>();
        query.put("b", name);
        query.put("w", member.name());
        query.put("nonce", after.nonce());
        String page = new String(http.get(encoded(query)).body(), UTF_8);
        return !page.contains("name='w_hm'") || change.marks().stream().allMatch(page::contains);
    }

    private static boolean isDone(List<Change> changes, BalancerMember member) {
        return changes.stream().allMatch(change -> change.done().test(member));
    }

    private static String encoded(Map<String, String> form) {
        return form.entrySet().stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), UTF_8))
                .collect(Collectors.joining("&"));
    }
}
