package io.backpool.balancer;

import io.backpool.config.HttpdCheck;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One change of a member: what is sent, and how to see that httpd did it (it answers 200 to what it
 * ignored). Immutable.
 *
 * @param form balancer-manager's own {@code w_} fields
 * @param done whether a member as read afterwards has it
 * @param marks what the member's edit form (HTML) must then contain, for fields that the XML lacks
 * @param fallback instead, where the edit form does not offer what is sent; null: nothing
 */
record Change(
        Map<String, String> form,
        Predicate<BalancerMember> done,
        List<String> marks,
        @Nullable Change fallback) {
    static Change route(String route) {
        return change("w_wr", route, member -> member.route().equals(route));
    }

    static Change redirect(String redirect) {
        return change("w_rr", redirect, member -> member.redirect().equals(redirect));
    }

    static Change status(MemberStatus flag, boolean on) {
        return change("w_status_" + flag.letter(), on ? "1" : "0", member -> member.is(flag) == on);
    }

    /** From 1 to 100. */
    static Change loadFactor(double factor) {
        String text =
                BigDecimal.valueOf(factor)
                        .setScale(2, RoundingMode.HALF_UP)
                        .stripTrailingZeros()
                        .toPlainString();
        return change("w_lf", text, member -> isClose(member.loadFactor(), factor));
    }

    /**
     * mod_proxy_hcheck asks the member, a path over HTTP/1.1, which httpd knows since 2.4.55, else
     * over HTTP/1.0.
     */
    static Change healthCheck(HttpdCheck check) {
        return check.path() == null
                ? healthCheck(check, "TCP", null)
                : healthCheck(check, "GET11", healthCheck(check, "GET", null));
    }

    private static Change healthCheck(HttpdCheck check, String method, @Nullable Change fallback) {
        long millis = check.interval().toMillis();
        Map<String, String> form = new LinkedHashMap<>();
        form.put("w_hm", method);
        form.put("w_hi", millis + "ms");
        form.put("w_hp", "1");
        form.put("w_hf", Integer.toString(check.failures()));
        List<String> marks = new ArrayList<>();
        marks.add(selected(method));
        marks.add("name='w_hi' id='w_hi' type='text' value='" + millis + "'");
        String path = check.path();
        if (path != null) {
            form.put("w_hu", path);
            marks.add("name='w_hu' id='w_hu' type='text' value=\"" + path + "\"");
        }
        return new Change(form, member -> true, marks, fallback);
    }

    /** mod_proxy_hcheck asks no more. */
    static Change noHealthCheck() {
        return new Change(Map.of("w_hm", "NONE"), member -> true, List.of(selected("NONE")), null);
    }

    private static String selected(String method) {
        return "<option value='" + method + "' selected >";
    }

    /** httpd shows two decimals and cuts, it does not round. */
    static boolean isClose(double shown, double wanted) {
        return Math.abs(shown - wanted) < 0.015;
    }

    private static Change change(String key, String value, Predicate<BalancerMember> done) {
        return new Change(Map.of(key, value), done, List.of(), null);
    }
}
