package io.backpool.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Command;
import io.backpool.testkit.ServerProcess;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The alert rules as Prometheus's own tool reads and tries them. */
class AlertRulesIT {
    @Test
    void promtoolAcceptsThem() {
        promtool("check", "rules", AlertRules.RULES);
    }

    @Test
    void theyFireWhenTheyShouldAndOnlyThen() {
        promtool("test", "rules", AlertRules.CASES);
    }

    @Test
    void zeroAbsenceAndOneOfTwoRaiseWhatTheyShouldAndNothingElse() {
        promtool("test", "rules", AlertRules.ALL_AT_ONCE);
    }

    private static void promtool(String verb, String noun, Path file) {
        String promtool = ServerProcess.program("promtool");
        Command done = Command.run(Path.of("."), List.of(promtool, verb, noun, file.toString()));
        assertThat(done.exit()).as(done.output()).isZero();
    }
}
