package io.backpool.cli;

import io.backpool.config.AdminConfig;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The pools that a command is for: those of {@code --pool}, else the one of the settings. */
final class Pools {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--pool",
            paramLabel = "URL",
            description =
                    "The admin listener of a pool, such as https://10.0.0.5:9990 (admin.tls), or"
                        + " http://127.0.0.1:9991, the end of a tunnel to another host; repeatable."
                        + " Of many, a file has a line each, and @FILE is given. Default: the pool"
                        + " of the settings.")
    private List<URI> urls = new ArrayList<>();

    @Option(names = "--cacert", paramLabel = "FILE", description = CACERT)
    private @Nullable Path cacert;

    static final String CACERT =
            "Certificates in PEM to trust over https, instead of Java's own and"
                    + " admin.tls.certificate.";

    /** Whether the command line says which, one or several. */
    boolean areNamed() {
        return !urls.isEmpty();
    }

    /** As {@link AdminTls#context}. */
    @Nullable Path cacert() {
        return cacert;
    }

    /** In their order. */
    List<AdminClient> all() {
        AdminConfig settings = ConfigOptions.read(command).admin();
        return urls.isEmpty()
                ? List.of(new AdminClient(settings, cacert))
                : urls.stream()
                        .map(url -> new AdminClient(base(url, command), settings, cacert))
                        .toList();
    }

    /** Of a command that takes no more than one. */
    AdminClient one() {
        if (urls.size() > 1) {
            throw new ParameterException(command.commandLine(), "--pool: name one pool here");
        }
        return all().get(0);
    }

    /** A password in it would be printed. */
    static URI base(URI url, CommandSpec command) {
        String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
        if (url.getHost() == null
                || url.getRawUserInfo() != null
                || url.getRawQuery() != null
                || !url.getPath().matches("/?")
                || !(scheme.equals("http") || scheme.equals("https"))) {
            throw new ParameterException(
                    command.commandLine(),
                    "--pool: must be http://HOST:PORT or https://HOST:PORT, without a user");
        }
        return URI.create(scheme + "://" + url.getAuthority() + "/");
    }

    /**
     * The pool that has this member.
     *
     * @throws CommandFailed if none of several has it, or more than one
     */
    AdminClient having(String route) {
        List<AdminClient> all = all();
        if (all.size() == 1) {
            return all.get(0);
        }
        List<String> away = new ArrayList<>();
        List<AdminClient> found = all.stream().filter(pool -> has(pool, route, away)).toList();
        if (found.size() == 1) {
            return found.get(0);
        }
        throw new CommandFailed(
                away.isEmpty() ? ExitCode.FAILED : ExitCode.UNAVAILABLE,
                found.isEmpty()
                        ? "No pool has a member " + route + String.join("", away)
                        : "%s is a member of %s: name one of them with --pool"
                                .formatted(
                                        route,
                                        found.stream()
                                                .map(AdminClient::name)
                                                .collect(Collectors.joining(" and of "))));
    }

    private static boolean has(AdminClient pool, String route, List<String> away) {
        try {
            return pool.get("status.json")
                    .get("members")
                    .valueStream()
                    .anyMatch(member -> member.get("route").asString().equals(route));
        } catch (CommandFailed e) {
            away.add(System.lineSeparator() + e.getMessage());
            return false;
        }
    }

    /**
     * Asks one pool after the other for a change, and shows each until it ends.
     *
     * @param field of the status that has the change
     * @throws CommandFailed at the first that fails: the others have not begun
     */
    void change(String request, String field) {
        List<AdminClient> all = all();
        if (all.size() == 1) {
            change(all.get(0), request, field, "");
            return;
        }
        for (int i = 0; i < all.size(); i++) {
            String name = all.get(i).name();
            try {
                change(all.get(i), request, field, name + "  ");
            } catch (CommandFailed e) {
                String others =
                        all.stream()
                                .skip(i + 1)
                                .map(AdminClient::name)
                                .collect(Collectors.joining(", "));
                throw new CommandFailed(
                        e.exitCode(),
                        name
                                + ": "
                                + e.getMessage()
                                + (others.isEmpty() ? "" : "\nNot begun: " + others));
            }
        }
    }

    /** The same in one pool, without its name. */
    void change(AdminClient pool, String request, String field) {
        change(pool, request, field, "");
    }

    private void change(AdminClient pool, String request, String field, String before) {
        PrintWriter writer = command.commandLine().getOut();
        Consumer<String> out =
                line -> {
                    writer.println(before + line);
                    writer.flush();
                };
        pool.post(request);
        pool.awaitChange(field, out);
        StatusText.verdict(pool.get("status.json")).forEach(out);
    }
}
