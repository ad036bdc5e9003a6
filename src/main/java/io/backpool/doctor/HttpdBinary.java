package io.backpool.doctor;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Asks the httpd that is installed here what a configuration file means. Used by one thread. */
final class HttpdBinary {
    private static final long PATIENCE = 30;
    private static final Pattern VERSION = Pattern.compile("Apache/(\\d+\\.\\d+\\.\\d+)");
    private static final Pattern MODULE = Pattern.compile("^ (\\w+)_module ", Pattern.MULTILINE);

    /** Debian's, Red Hat's, httpd's own build. */
    private static final List<String> MODULES =
            List.of(
                    "/usr/lib/apache2/modules",
                    "/usr/lib64/httpd/modules",
                    "/usr/local/apache2/modules");

    /** In a server root: Debian's, Red Hat's, httpd's own build. */
    private static final List<String> MAIN_FILES =
            List.of("apache2.conf", "conf/httpd.conf", "httpd.conf");

    private final Path program;

    /** What httpd would be given with {@code -d}; null: the file is enough. */
    private final @Nullable Path root;

    private final Path file;

    /**
     * @param conf httpd's main configuration file, or the folder of an instance, such as {@code
     *     /etc/apache2-shop}
     */
    HttpdBinary(Path conf) {
        Path given = conf.toAbsolutePath();
        root = Files.isDirectory(given) ? given : null;
        file =
                root == null
                        ? given
                        : MAIN_FILES.stream()
                                .map(root::resolve)
                                .filter(Files::isReadable)
                                .findFirst()
                                .orElse(root.resolve(MAIN_FILES.get(0)));
        if (!Files.isReadable(file)) {
            throw DoctorException.unreadable(file, null);
        }
        program = find();
    }

    /**
     * Reads the file and all that it includes.
     *
     * @throws ConfRefused if httpd takes it not
     * @throws DoctorException if httpd can't be asked
     */
    HttpdConfig read() {
        Matcher version = VERSION.matcher(run(List.of("-v")));
        String modules = test("DUMP_MODULES", List.of());
        Set<String> loaded =
                MODULE.matcher(modules)
                        .results()
                        .map(found -> found.group(1))
                        .collect(Collectors.toSet());
        String dump =
                test("DUMP_CONFIG", loaded.contains("info") ? List.of() : List.of("-C", info()));
        return new HttpdConfig(
                version.find() ? version.group(1) : "?", loaded, HttpdConfig.parse(dump));
    }

    /**
     * Checks that httpd takes the file.
     *
     * @throws ConfRefused if it does not
     * @throws DoctorException if httpd can't be asked
     */
    void check() {
        run(List.of("-f", file.toString(), "-t"));
    }

    private String test(String what, List<String> options) {
        List<String> arguments = new ArrayList<>(options);
        if (root != null) {
            arguments.addAll(List.of("-d", root.toString()));
        }
        arguments.addAll(List.of("-f", file.toString(), "-t", "-D", what));
        return run(arguments);
    }

    /** Only mod_info knows the directives; it is loaded for the question, into no server. */
    private static String info() {
        return MODULES.stream()
                .map(folder -> Path.of(folder, "mod_info.so"))
                .filter(Files::isReadable)
                .findFirst()
                .map(module -> "LoadModule info_module " + module)
                .orElseThrow(
                        () ->
                                new DoctorException(
                                        "httpd tells its configuration by mod_info, which was not"
                                                + " found: add LoadModule info_module to the file"
                                                + " while the doctor looks"));
    }

    private static Path find() {
        Stream<String> path = Stream.of(System.getenv().getOrDefault("PATH", "").split(":"));
        Stream<String> usual =
                Stream.of("/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/local/apache2/bin");
        return Stream.concat(path, usual)
                .flatMap(folder -> Stream.of(Path.of(folder, "apache2"), Path.of(folder, "httpd")))
                .filter(candidate -> Files.isRegularFile(candidate))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(
                        () ->
                                new DoctorException(
                                        "no apache2 or httpd on the PATH: run doctor on httpd's"
                                                + " host, or put the binary's folder on the PATH"));
    }

    /** The variables of Debian's files are in envvars beside them. */
    private List<String> command(List<String> arguments) {
        List<String> command = new ArrayList<>();
        Path variables = file.resolveSibling("envvars");
        if (Files.isReadable(variables)) {
            command.addAll(List.of("sh", "-c", ". \"$0\" && exec \"$@\"", variables.toString()));
        }
        command.add(program.toString());
        command.addAll(arguments);
        return command;
    }

    /** What it prints goes to a folder of our own, mode 0700: it may hold a secret. */
    private String run(List<String> arguments) {
        try {
            Path folder = Files.createTempDirectory("backpool-doctor");
            Path out = folder.resolve("out");
            Path err = folder.resolve("err");
            try {
                return answer(arguments, out, err);
            } finally {
                Files.deleteIfExists(out);
                Files.deleteIfExists(err);
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new DoctorException("cannot run " + program + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DoctorException("interrupted while " + program + " was asked", e);
        }
    }

    private String answer(List<String> arguments, Path out, Path err)
            throws IOException, InterruptedException {
        var builder =
                new ProcessBuilder(command(arguments))
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
        if (root != null) {
            // Debian's envvars tells instances apart by it.
            builder.environment().put("APACHE_CONFDIR", root.toString());
        }
        Process process = builder.start();
        if (!process.waitFor(PATIENCE, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new DoctorException(
                    program + " -t did not end within " + PATIENCE + " s: does it wait for DNS?");
        }
        if (process.exitValue() != 0) {
            throw new ConfRefused(Files.readString(err, UTF_8));
        }
        return Files.readString(out, UTF_8);
    }

    /** httpd does not take the configuration. */
    static final class ConfRefused extends RuntimeException {
        private static final long serialVersionUID = 1;

        ConfRefused(String why) {
            super(why);
        }

        /** What httpd said, but for the secret. */
        Finding finding(Path file, @Nullable String secret) {
            String said = String.valueOf(getMessage()).strip();
            String named = said.replaceAll("(?i)secret=\\S+", "secret=...");
            String safe = secret == null ? named : named.replace(secret, "...");
            return FindingKind.HTTPD_REFUSES.at(
                    file.toString(),
                    "httpd does not take its configuration: " + safe,
                    safe.contains("Invalid command")
                            ? "LoadModule of the module that has that directive (Debian: a2enmod"
                                    + " proxy proxy_http proxy_ajp proxy_balancer proxy_hcheck"
                                    + " slotmem_shm headers)"
                            : "what httpd says, in that file and line");
        }
    }
}
