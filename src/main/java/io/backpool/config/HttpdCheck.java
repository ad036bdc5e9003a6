package io.backpool.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What httpd's mod_proxy_hcheck asks an HTTP member. Immutable.
 *
 * @param path that answers 2xx; null: that it accepts connections is enough
 * @param failures in a row that take the member out
 */
public record HttpdCheck(@Nullable String path, Duration interval, int failures) {
    /** A member that is a Java application says there, too, that it leaves: one answer decides. */
    public static final HttpdCheck READINESS =
            new HttpdCheck("/health/ready", Duration.ofSeconds(1), 1);

    /** The one that the members have. */
    public static HttpdCheck of(Config config) {
        ProgramConfig program = config.app().program();
        return program == null
                ? READINESS
                : new HttpdCheck(
                        program.health(), program.healthInterval(), program.healthFailures());
    }

    /** What the directive says besides the method's name, seconds rounded up. */
    public String options() {
        return "%shcinterval=%d hcpasses=1 hcfails=%d"
                .formatted(
                        path == null ? "" : "hcuri=" + path + " ",
                        interval.plusMillis(999).toSeconds(),
                        failures);
    }
}
