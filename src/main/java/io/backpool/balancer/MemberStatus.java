package io.backpool.balancer;

import java.util.Comparator;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One word of a member's status, as balancer-manager shows it, and the letter that sets it ({@code
 * w_status_N=1}). httpd's source: {@code proxy_wstat_tbl} in {@code proxy_util.c}.
 */
public enum MemberStatus {
    INIT("Init", 'O'),
    OK("Ok", ' '),
    /** New clients go elsewhere, sticky ones still come. Stands beside {@link #OK}. */
    DRAIN("Drn", 'N'),
    DISABLED("Dis", 'D'),
    STOPPED("Stop", 'S'),
    HOT_STANDBY("Stby", 'H'),
    HOT_SPARE("Spar", 'R'),
    /** Tried at the next request, error or not. */
    IGNORE_ERRORS("Ign", 'I'),
    /** mod_proxy_hcheck found it failing. */
    HC_FAIL("HcFl", 'C'),
    /** A request failed on it; tried again after {@code retry} seconds. */
    IN_ERROR("Err", 'E');

    private final String label;
    private final char letter;

    MemberStatus(String label, char letter) {
        this.label = label;
        this.letter = letter;
    }

    /** httpd's own short word for it. */
    public String label() {
        return label;
    }

    /** In httpd's order, where {@code Ok} comes last: {@code Init Drn Ok}. */
    public static String words(Set<MemberStatus> flags) {
        return Stream.of(values())
                .filter(flags::contains)
                .sorted(Comparator.comparing(OK::equals))
                .map(MemberStatus::label)
                .collect(Collectors.joining(" "));
    }

    char letter() {
        return letter;
    }

    /** Reads {@code Init Drn Ok }; words of a newer httpd are left out. */
    static Set<MemberStatus> parse(String text) {
        Set<MemberStatus> found = EnumSet.noneOf(MemberStatus.class);
        for (String word : text.strip().split("\\s+")) {
            MemberStatus status = ofLabel(word);
            if (status != null) {
                found.add(status);
            }
        }
        return found;
    }

    private static @Nullable MemberStatus ofLabel(String word) {
        for (MemberStatus status : values()) {
            if (status.label.equals(word)) {
                return status;
            }
        }
        return null;
    }
}
