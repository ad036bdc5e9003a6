package io.backpool.cli;

import io.backpool.config.Config;
import io.backpool.proxyconf.SystemdUnit;
import io.backpool.supervisor.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code conf systemd}: what this command line means, as a service. */
@Command(
        name = "systemd",
        description = {
            "Print a unit for systemd. It runs this Java, with the flags that it was given, on this"
                    + " jar, with this configuration: java -Xmx512m -jar /opt/backpool/backend.jar"
                    + " conf systemd --config /etc/backpool/backend.yaml"
        })
final class ConfSystemd implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        Config config = ConfigOptions.read(spec);
        for (String relative : SystemdUnit.relative(config)) {
            refuse(relative + ": the service runs elsewhere, write the whole path");
        }
        System.getenv().keySet().stream()
                .filter(name -> name.startsWith("BACKPOOL_"))
                .filter(name -> !name.equals(ConfigOptions.VARIABLE))
                .sorted()
                .forEach(
                        name ->
                                refuse(
                                        name
                                                + " is set here and not in the service: put it into"
                                                + " backend.yaml, or into the unit's"
                                                + " EnvironmentFile"));
        Conf.print(SystemdUnit.render(config, serve(), restart()), spec);
        return ExitCode.OK;
    }

    private List<String> serve() {
        return command(
                Stream.concat(Stream.of(Launcher.EXIT_WITHOUT_MEMORY), Launcher.jvmFlags().stream())
                        .distinct(),
                "serve");
    }

    private List<String> restart() {
        return command(Stream.of(), "restart");
    }

    private List<String> command(Stream<String> jvmFlags, String name) {
        Path jar = Path.of(System.getProperty("java.class.path")).toAbsolutePath().normalize();
        return Stream.of(
                        Stream.of(java().toString()),
                        jvmFlags,
                        Stream.of("-jar", jar.toString(), name),
                        ConfigOptions.asGiven(spec).stream())
                .flatMap(words -> words)
                .toList();
    }

    /** This Java; by a name that an update leaves as it is, where the system has one for it. */
    private static Path java() {
        Path own = Path.of(System.getProperty("java.home"), "bin", "java");
        return Stream.of("/usr/lib/jvm/default-java/bin/java", "/usr/bin/java")
                .map(Path::of)
                .filter(name -> isSame(name, own))
                .findFirst()
                .orElse(own);
    }

    private static boolean isSame(Path one, Path other) {
        try {
            return Files.isSameFile(one, other);
        } catch (IOException e) {
            return false;
        }
    }

    private void refuse(String why) {
        throw new ParameterException(spec.commandLine(), why);
    }
}
