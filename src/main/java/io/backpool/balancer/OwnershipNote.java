package io.backpool.balancer;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the pool must know of a member after a restart of its own, noted in httpd itself: in the
 * member's route redirect, in the same request as what it notes. An operator's flag must be
 * respected and a flag that the pool left behind must go, yet in httpd they look alike. {@code
 * backpool-ND} says that drain and disable are the pool's. httpd keeps the note exactly as long as
 * the flags, it stands in balancer-manager's RouteRedir column for people to read, and it changes
 * nothing: a redirect is the route that clients of an unusable member move to, and no member has
 * this one. A redirect that the operator had configured is kept behind the note ({@code
 * backpool-N~m2}) and put back.
 *
 * <p>An {@code S} says that another pool stopped the member, see {@link OtherHosts}. A {@code C},
 * the letter of a failed health check, says that the pool has switched the check of a member off
 * that is gone.
 *
 * @param flags that the pool has set
 * @param joined in which run of httpd's configuration the pool added this member; empty: it did
 *     not, or httpd does not say
 * @param redirect the operator's own, mostly empty
 */
record OwnershipNote(Set<MemberStatus> flags, String joined, String redirect) {
    private static final Pattern FORM =
            Pattern.compile("backpool(?=[-@])(?:-([NDSIC]+))?(?:@([0-9a-z]+))?(?:~(.*))?");
    private static final Set<MemberStatus> NOTED =
            Collections.unmodifiableSet(
                    EnumSet.of(
                            MemberStatus.DRAIN,
                            MemberStatus.DISABLED,
                            MemberStatus.STOPPED,
                            MemberStatus.IGNORE_ERRORS,
                            MemberStatus.HC_FAIL));

    OwnershipNote {
        flags = Set.copyOf(flags);
    }

    static OwnershipNote of(BalancerMember member) {
        return parse(member.redirect());
    }

    static OwnershipNote parse(String redirect) {
        Matcher note = FORM.matcher(redirect);
        if (!note.matches()) {
            return new OwnershipNote(Set.of(), "", redirect);
        }
        Set<MemberStatus> flags = EnumSet.noneOf(MemberStatus.class);
        for (MemberStatus flag : NOTED) {
            if (orEmpty(note.group(1)).indexOf(flag.letter()) >= 0) {
                flags.add(flag);
            }
        }
        return new OwnershipNote(flags, orEmpty(note.group(2)), orEmpty(note.group(3)));
    }

    /** What stands in httpd. */
    String text() {
        if (flags.isEmpty() && joined.isEmpty()) {
            return redirect;
        }
        var text = new StringBuilder("backpool");
        text.append(flags.isEmpty() ? "" : "-");
        NOTED.stream().filter(flags::contains).forEach(flag -> text.append(flag.letter()));
        text.append(joined.isEmpty() ? "" : "@" + joined);
        return redirect.isEmpty() ? text.toString() : text + "~" + redirect;
    }

    private static String orEmpty(@org.jspecify.annotations.Nullable String text) {
        return text == null ? "" : text;
    }
}
