package io.backpool.balancer;

import org.jspecify.annotations.Nullable;

/**
 * Whether one httpd sends new clients to one of our members, as far as the pool knows. Immutable.
 *
 * @param state {@link #IN}, {@link #OUT} or {@link #UNKNOWN}
 * @param why it is out or unknown; null: it is in
 * @param remedy a command that helps; null: there is none, or nothing is to be done
 */
public record Standing(String state, @Nullable String why, @Nullable String remedy) {
    public static final String IN = "in";
    public static final String OUT = "out";

    /** httpd could not be asked, so that it may send requests or not. */
    public static final String UNKNOWN = "unknown";

    private static final String COMMAND = "java -jar backend.jar ";

    static Standing in() {
        return new Standing(IN, null, null);
    }

    static Standing unknown(@Nullable String error) {
        return error == null
                ? new Standing(UNKNOWN, "its balancer-manager was not read yet", null)
                : new Standing(UNKNOWN, error, COMMAND + "doctor");
    }

    /** What the last look at httpd says. */
    static Standing of(MemberInHttpd view) {
        BalancerMember seen = view.seen();
        if (seen == null) {
            return view.problem() == null
                    ? new Standing(OUT, "httpd does not have it", null)
                    : new Standing(OUT, view.problem(), COMMAND + "conf apache");
        }
        if (seen.inRotation()) {
            return in();
        }
        if (view.held()) {
            return new Standing(
                    OUT, MemberInHttpd.HELD, COMMAND + "resume " + view.wanted().route());
        }
        if (view.wanted().state() != DesiredMember.DesiredState.SERVING) {
            return new Standing(OUT, "the pool took it out", null);
        }
        if (OwnershipNote.of(seen).flags().contains(MemberStatus.STOPPED)) {
            return new Standing(OUT, "another pool stopped it: its host did not answer", null);
        }
        if (seen.is(MemberStatus.HC_FAIL)) {
            return new Standing(OUT, "httpd's health check of it fails", COMMAND + "doctor");
        }
        if (seen.is(MemberStatus.IN_ERROR)) {
            return new Standing(OUT, "a request from httpd to it failed", COMMAND + "doctor");
        }
        return new Standing(OUT, "httpd has not taken it in yet", null);
    }

    public boolean isIn() {
        return state.equals(IN);
    }
}
