package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** What the doctor says without a look at anything. */
class DoctorTest {
    private final StringWriter out = new StringWriter();

    @Test
    void oneFindingIsExplained() {
        assertThat(run("--explain", "stickysession")).isEqualTo(ExitCode.OK);
        assertThat(out.toString())
                .isEqualTo(
                        """
                        stickysession  another cookie than sessions.cookie, or a session was sent to another member
                            Each request of a session goes to another member, where the session is not.
                            Remedy: ProxySet stickysession=
                        """);
    }

    @Test
    void aCodeOfHttpdsErrorLogIsExplainedToo() {
        assertThat(run("--explain=ah00484")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).startsWith("AH00484  MaxRequestWorkers was reached");
    }

    @Test
    void anUnknownIdNamesAllOthers() {
        assertThat(run("--explain", "nonsense")).isEqualTo(2);
        assertThat(out.toString()).contains("no finding is called nonsense; there are", "ttl");
    }

    private int run(String... arguments) {
        String[] command = new String[arguments.length + 1];
        command[0] = "doctor";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return Main.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(out, true))
                .execute(command);
    }
}
