package io.backpool.balancer;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which of a member's flags are ours, noted in httpd itself. An operator's flag must be respected
 * and a flag that we left behind must go, yet in httpd they look alike, and the pool has no memory
 * of its own over a restart. So each flag that we set is noted in the member's route redirect, in
 * the same request: {@code backpool-ND} says that drain and disable are the pool's. httpd keeps the
 * note exactly as long as the flags (over a graceful with BalancerPersist, not without), it stands
 * in balancer-manager's RouteRedir column for people to read, and it changes nothing: a redirect is
 * the route that clients of an unusable member move to, and no member has this one. A redirect that
 * the operator had configured is kept behind the note ({@code backpool-N~m2}) and put back.
 *
 * <p>A {@code C}, the letter of a failed health check, says that the pool has switched the check of
 * a member off that is gone.
 *
 * @param flags that the pool has set
 * @param redirect the operator's own, mostly empty
 */
record Hold(Set<MemberStatus> flags, String redirect) {
    private static final Pattern NOTE = Pattern.compile("backpool-([NDIC]+)(?:~(.*))?");
    private static final Set<MemberStatus> NOTED =
            Collections.unmodifiableSet(
                    EnumSet.of(
                            MemberStatus.DRAIN,
                            MemberStatus.DISABLED,
                            MemberStatus.IGNORE_ERRORS,
                            MemberStatus.HC_FAIL));

    Hold {
        flags = Set.copyOf(flags);
    }

    static Hold parse(String redirect) {
        Matcher note = NOTE.matcher(redirect);
        if (!note.matches()) {
            return new Hold(Set.of(), redirect);
        }
        Set<MemberStatus> flags = EnumSet.noneOf(MemberStatus.class);
        for (MemberStatus flag : NOTED) {
            if (note.group(1).indexOf(flag.letter()) >= 0) {
                flags.add(flag);
            }
        }
        return new Hold(flags, note.group(2) == null ? "" : note.group(2));
    }

    /** What stands in httpd. */
    String text() {
        if (flags.isEmpty()) {
            return redirect;
        }
        var text = new StringBuilder("backpool-");
        NOTED.stream().filter(flags::contains).forEach(flag -> text.append(flag.letter()));
        return redirect.isEmpty() ? text.toString() : text + "~" + redirect;
    }
}
