package io.backpool.cli;

import io.backpool.config.Config;
import io.backpool.supervisor.SupervisorPipe;
import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * {@code try}: reads the settings and makes the application as a member would, and starts nothing.
 * Says to the supervisor what is wrong.
 */
final class Try {
    static final String NAME = "try";

    private Try() {}

    /** Returns what the process is to end with. */
    static int call(ChildArguments arguments) {
        SupervisorPipe pipe = SupervisorPipe.open();
        try {
            Config config = arguments.settings().read();
            Serve.application(config, arguments.application()).close();
            return ExitCode.OK;
        } catch (Exception e) {
            var words = new StringWriter();
            int exitCode = Main.failed(e, new PrintWriter(words, true));
            pipe.failed(exitCode, words.toString());
            return exitCode;
        }
    }
}
