package io.backpool.cli;

import io.backpool.app.ApplicationException;
import io.backpool.config.ConfigException;
import io.backpool.server.ServerException;
import io.backpool.supervisor.Signals;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The entry point of {@code backend.jar}: which command does what, and how each may end. */
@Command(
        name = "java -jar backend.jar",
        description = "Backpool, the backend pool for Apache httpd.",
        versionProvider = Main.Version.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Without a command the pool is served: java -jar backend.jar --members 10",
            "Each command has its own --help."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:the pool refused a change, or it stopped before its end; doctor found something",
            "2:wrong usage: unknown command or flag, missing argument; doctor could not look",
            "69:cannot listen, or cannot reach what it must",
            "70:internal error",
            "78:configuration invalid",
            "143:ended by SIGTERM, requests were let finish"
        })
public final class Main {
    private static final List<String> OWN_FLAGS = List.of("-h", "--help", "-V", "--version");

    private Main() {}

    public static void main(String[] args) throws Exception {
        // Before anything else: it is about a log, and would end a process that has none yet.
        Signals.ignore("USR1");
        if (!isNamed(System.getProperty("user.dir"))) {
            System.err.println(
                    "The working directory is gone, or the locale has no letters for its name:"
                            + " start with LC_ALL=C.UTF-8, or in another directory");
            System.exit(ExitCode.CONFIG);
        }
        System.exit(execute(args));
    }

    /** Java would make files elsewhere, or none. */
    private static boolean isNamed(String directory) {
        try {
            return Files.isDirectory(Path.of(directory));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /** What a supervisor starts goes without all that the commands of people need. */
    private static int execute(String[] args) throws Exception {
        return switch (args.length == 0 ? "" : args[0]) {
            case Member.NAME -> new Member(childArguments(args)).call();
            case Try.NAME -> Try.call(childArguments(args));
            case Train.NAME -> Train.call(childArguments(args));
            default -> commandLine().execute(withCommand(args));
        };
    }

    private static ChildArguments childArguments(String[] args) {
        return new ChildArguments(Arrays.copyOfRange(args, 1, args.length));
    }

    static CommandLine commandLine() {
        var main = new CommandLine(new Main());
        main.addSubcommand(configured(new Serve()));
        main.addSubcommand(configured(new Check()));
        main.addSubcommand(conf());
        main.addSubcommand(configured(new Status()));
        main.addSubcommand(configured(new Drain()));
        main.addSubcommand(configured(new Resume()));
        main.addSubcommand(configured(new Pause()));
        main.addSubcommand(configured(new Restart()));
        main.addSubcommand(configured(new Upgrade()));
        main.addSubcommand(configured(new Scale()));
        main.addSubcommand(queue());
        main.addSubcommand(configured(new Doctor()));
        main.addSubcommand(new HelpCommand());
        main.setParameterExceptionHandler(Main::wrongUsage);
        main.setExecutionExceptionHandler(Main::failed);
        main.setCaseInsensitiveEnumValuesAllowed(true);
        main.setOverwrittenOptionsAllowed(true);
        main.setUsageHelpAutoWidth(true);
        main.setUsageHelpLongOptionsMaxWidth(36);
        return main;
    }

    /** One subcommand a target. */
    private static CommandLine conf() {
        var conf = new CommandLine(new Conf());
        conf.addSubcommand(configured(new ConfApache()));
        conf.addSubcommand(configured(new ConfNginx()));
        conf.addSubcommand(configured(new ConfHaproxy()));
        conf.addSubcommand(configured(new ConfPrometheus()));
        conf.addSubcommand(configured(new ConfSystemd()));
        conf.addSubcommand(new ConfYaml());
        return conf;
    }

    private static CommandLine queue() {
        var queue = new CommandLine(new QueueCommands());
        queue.addSubcommand(configured(new QueueCommands.Listing()));
        queue.addSubcommand(configured(new QueueCommands.Retry()));
        queue.addSubcommand(configured(new QueueCommands.Drop()));
        return queue;
    }

    private static CommandLine configured(Object command) {
        var line = new CommandLine(command);
        line.getCommandSpec().mixinStandardHelpOptions(true).versionProvider(new Version());
        ConfigOptions.addTo(line.getCommandSpec());
        return line;
    }

    /** {@code serve} is what a command line without a command means. */
    static String[] withCommand(String[] args) {
        boolean hasCommand = args.length > 0 && !args[0].startsWith("-");
        boolean isOwn = args.length > 0 && OWN_FLAGS.contains(args[0]);
        return hasCommand || isOwn
                ? args
                : Stream.concat(Stream.of("serve"), Stream.of(args)).toArray(String[]::new);
    }

    private static int wrongUsage(ParameterException e, String[] args) {
        var err = e.getCommandLine().getErr();
        err.println(e.getMessage());
        UnmatchedArgumentException.printSuggestions(e, err);
        err.println("Try: " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help");
        return ExitCode.USAGE;
    }

    private static int failed(Exception e, CommandLine command, ParseResult parsed) {
        return failed(e, command.getErr());
    }

    /** Says what went wrong and what the process is to end with. */
    static int failed(Exception e, PrintWriter err) {
        if (e instanceof ConfigException mistakes) {
            mistakes.mistakes().forEach(err::println);
            return ExitCode.CONFIG;
        }
        if (e instanceof InvalidPathException path) {
            err.println(
                    path.getInput()
                            + ": the locale has no letters for this name, start with"
                            + " LC_ALL=C.UTF-8");
            return ExitCode.CONFIG;
        }
        if (e instanceof ServerException) {
            err.println(e.getMessage());
            return ExitCode.UNAVAILABLE;
        }
        if (e instanceof ApplicationException) {
            err.println(e.getMessage());
            if (e.getCause() != null) {
                e.getCause().printStackTrace(err);
            }
            return ExitCode.INTERNAL;
        }
        if (e instanceof CommandFailed failure) {
            err.println(failure.getMessage());
            return failure.exitCode();
        }
        e.printStackTrace(err);
        return ExitCode.INTERNAL;
    }

    /** What {@code --version} says. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {
                "Backpool "
                        + Objects.requireNonNullElse(version, "(not from a jar)")
                        + ", Java "
                        + Runtime.version()
            };
        }
    }
}
