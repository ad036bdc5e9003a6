package io.backpool.cli;

import io.backpool.app.LoadedApplication;
import io.backpool.config.Config;
import io.backpool.local.SingleMember;
import io.backpool.pool.Member.Report;
import io.backpool.supervisor.Message.Beat;
import io.backpool.supervisor.Signals;
import io.backpool.supervisor.SupervisorPipe;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code member}: one member in this process, at the other end of a supervisor's pipes. It ends
 * when it is asked to leave, and when the supervisor is gone.
 */
final class Member {
    static final String NAME = "member";

    private static final Logger LOG = LoggerFactory.getLogger(Member.class);

    /** After {@code pool.drain-timeout}, for what is no request. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    private final ChildArguments arguments;
    private final int index;
    private final SupervisorPipe pipe = SupervisorPipe.open();

    Member(ChildArguments arguments) {
        this.arguments = arguments;
        this.index = arguments.index();
    }

    /** Returns what the process is to end with. */
    int call() {
        // The supervisor's to obey: a terminal sends them to its whole process group.
        Signals.ignore("INT");
        Signals.ignore("HUP");
        Signals.ignore("TTIN");
        Signals.ignore("TTOU");
        try {
            return serve(arguments.settings().readSettings());
        } catch (Exception e) {
            var words = new StringWriter();
            int exitCode = Main.failed(e, new PrintWriter(words, true));
            pipe.failed(exitCode, words.toString());
            return exitCode;
        }
    }

    private int serve(Config config) throws Exception {
        LogSetup.use(config.log(), config.pool().route(index));
        LoadedApplication application = Serve.application(config, arguments.application());
        SingleMember member = SingleMember.open(config, application, index);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(member), "shutdown"));
        pipe.begin(pulse(member));
        pipe.obey(command -> obey(command, config, member));
        LOG.warn("{} - the supervisor is gone, leaving", config.pool().route(index));
        leave(config);
        return ExitCode.OK;
    }

    private void stop(SingleMember member) {
        Serve.stop(member);
        pipe.cut(member.cut());
    }

    /** A member whose event loops hang says nothing, and is replaced. */
    private static SupervisorPipe.Pulse pulse(SingleMember member) {
        return new SupervisorPipe.Pulse() {
            @Override
            public Beat next() throws InterruptedException {
                Report report = member.awaitReport();
                return new Beat(
                        report.inFlight(), report.held(), report.traffic(), report.services());
            }

            @Override
            public @Nullable String notReady() {
                return member.notReady();
            }
        };
    }

    private void obey(String command, Config config, SingleMember member) {
        if (command.startsWith(SupervisorPipe.HOLD)) {
            String seconds = command.substring(SupervisorPipe.HOLD.length());
            member.hold(Duration.ofSeconds(Long.parseLong(seconds)));
            return;
        }
        switch (command) {
            case SupervisorPipe.DRAIN -> member.drain();
            case SupervisorPipe.REOPEN -> member.reopenLogs();
            case SupervisorPipe.SERVE -> member.serve();
            case SupervisorPipe.LEAVE, SupervisorPipe.LEAVE_UNNOTICED -> {
                if (command.equals(SupervisorPipe.LEAVE)) {
                    member.httpdNotified();
                }
                // Beside the pipe, whose end must still be seen.
                new Thread(() -> leave(config), "leave").start();
            }
            default -> LOG.warn("{} - unknown command {}", config.pool().route(index), command);
        }
    }

    /** Finishes what is in flight, in the shutdown hook, and ends whatever its threads do. */
    private static void leave(Config config) {
        Duration most = config.pool().drainTimeout().plus(GRACE);
        var watchdog =
                new Thread(
                        () -> {
                            try {
                                Thread.sleep(most.toMillis());
                            } catch (InterruptedException e) {
                                return;
                            }
                            Runtime.getRuntime().halt(ExitCode.INTERNAL);
                        },
                        "watchdog");
        watchdog.setDaemon(true);
        watchdog.start();
        System.exit(ExitCode.OK);
    }
}
