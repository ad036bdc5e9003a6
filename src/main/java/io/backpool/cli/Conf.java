package io.backpool.cli;

import io.backpool.config.Cidr;
import io.backpool.config.Config;
import io.backpool.proxyconf.Listen;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** {@code conf}: what its subcommands, one a target, have in common. */
@Command(
        name = "conf",
        description = "Print the configuration of a front end that matches the pool's settings.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "TARGET")
final class Conf {
    /** A port that nothing else has on a stock Debian or Red Hat. */
    static final String DEFAULT_LISTEN = "8080";

    /** Makes the directory that a complete file names, so that the server starts as it is. */
    static void make(Path directory, CommandSpec command) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new ParameterException(
                    command.commandLine(),
                    "--dir: "
                            + directory
                            + " cannot be made: is its parent a directory that you may write to?",
                    e);
        }
    }

    static void print(String text, CommandSpec command) {
        PrintWriter out = command.commandLine().getOut();
        out.print(text);
        out.flush();
    }

    /** For front ends whose side of it is not printed. */
    static void refuseTls(Config config, CommandSpec command) {
        if (config.pool().tls() != null) {
            throw new ParameterException(
                    command.commandLine(),
                    "pool.tls: only conf apache prints TLS to the members, conf "
                            + command.name()
                            + " does not");
        }
    }

    /** {@code --listen}. */
    static final class ListenConverter implements ITypeConverter<Listen> {
        @Override
        public Listen convert(String text) {
            try {
                return Listen.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** {@code --behind}. */
    static final class NetworkConverter implements ITypeConverter<Cidr> {
        @Override
        public Cidr convert(String text) {
            try {
                return Cidr.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(
                        "was '" + text + "', must be a network such as 10.0.0.0/8 or an address");
            }
        }
    }
}
