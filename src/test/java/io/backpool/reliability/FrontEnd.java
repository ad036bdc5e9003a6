package io.backpool.reliability;

import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A real httpd, its balancer-manager behind a password, and the {@link Relay} to that. */
final class FrontEnd implements AutoCloseable {
    static final String USER = "pool";

    private static final Pattern WORKER = Pattern.compile("(?s)<httpd:worker>(.*?)</httpd:worker>");

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    final int index;
    final Setup.Front kind;
    final int port = Ports.free(3);
    final Relay relay;
    private final Path directory;
    private String password = "first";
    private Httpd httpd;

    /** Ctrl-C may come while it is being started again. */
    private volatile boolean closed;

    /** A place that httpd has for a member. */
    record Seat(String scheme, int port, String route, String status) {}

    /**
     * @param printed what {@code conf apache} printed for these ports
     */
    FrontEnd(int index, Setup.Front kind, Path directory, Printer printed) throws IOException {
        this.index = index;
        this.kind = kind;
        this.directory = Files.createDirectories(directory);
        this.relay = new Relay(relayPort(), managerPort());
        writeUsers(password);
        this.httpd = Httpd.start(directory, configured(printed.print(this)), port);
    }

    /** Prints httpd's configuration. */
    interface Printer {
        String print(FrontEnd front);
    }

    int managerPort() {
        return port + 1;
    }

    int relayPort() {
        return port + 2;
    }

    Path directory() {
        return directory;
    }

    /** Children of few threads, so that there are some; a password before the manager. */
    private String configured(String text) {
        String guarded =
                text.replace("ServerLimit 16", "ServerLimit 32")
                        .replace("ThreadsPerChild 512", "ThreadsPerChild 16")
                        .replace("MaxRequestWorkers 2048", "MaxRequestWorkers 512")
                        .replace("MinSpareThreads 512", "MinSpareThreads 32")
                        .replace("MaxSpareThreads 2048", "MaxSpareThreads 512")
                        .replace(
                                "SetHandler balancer-manager",
                                "SetHandler balancer-manager\nAuthType Basic\nAuthName manager\n"
                                        + "AuthBasicProvider file\nRequire valid-user\n"
                                        + "AuthUserFile \"%s\"".formatted(users()));
        if (!guarded.contains("ThreadsPerChild 16") || !guarded.contains("AuthUserFile")) {
            throw new AssertionError("conf apache prints something else than expected: " + text);
        }
        var modules = new StringBuilder();
        for (String module : List.of("auth_basic", "authn_core", "authn_file", "authz_user")) {
            modules.append(
                    "LoadModule %s_module %s/mod_%s.so\n"
                            .formatted(module, Httpd.modules(), module));
        }
        return modules + guarded;
    }

    private Path users() {
        return directory.resolve("users");
    }

    /** What httpd expects from now on, which reads its file each time. */
    void changePassword(String wanted) throws IOException {
        writeUsers(wanted);
        password = wanted;
    }

    String password() {
        return password;
    }

    private void writeUsers(String wanted) throws IOException {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-1")
                            .digest(wanted.getBytes(StandardCharsets.US_ASCII));
            Files.writeString(
                    users(), USER + ":{SHA}" + Base64.getEncoder().encodeToString(hash) + "\n");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What balancer-manager shows, read past the relay. */
    List<Seat> seats() throws IOException, InterruptedException {
        String manager = "http://127.0.0.1:%d/balancer-manager?xml=1".formatted(managerPort());
        String pair = USER + ":" + password;
        var request =
                HttpRequest.newBuilder(URI.create(manager))
                        .timeout(Duration.ofSeconds(5))
                        .header("Referer", manager)
                        .header(
                                "Authorization",
                                "Basic "
                                        + Base64.getEncoder()
                                                .encodeToString(
                                                        pair.getBytes(StandardCharsets.US_ASCII)));
        String xml = http.send(request.build(), BodyHandlers.ofString()).body();
        List<Seat> seats = new ArrayList<>();
        for (Matcher worker = WORKER.matcher(xml); worker.find(); ) {
            String text = worker.group(1);
            seats.add(
                    new Seat(
                            element(text, "scheme"),
                            Integer.parseInt(element(text, "port")),
                            element(text, "route"),
                            element(text, "status")));
        }
        return seats;
    }

    private static String element(String xml, String name) {
        Matcher found =
                Pattern.compile("<httpd:%1$s>(.*?)</httpd:%1$s>".formatted(name)).matcher(xml);
        return found.find() ? found.group(1).trim() : "";
    }

    void graceful() {
        httpd.graceful();
    }

    void stop() {
        httpd.stop();
    }

    void startAgain() {
        if (!closed) {
            httpd.restart(port);
        }
    }

    /** Pids of the processes that serve requests. */
    List<Long> children() {
        return httpd.process().handle().children().map(ProcessHandle::pid).toList();
    }

    String errorLog() throws IOException {
        String all = Files.exists(httpd.errorLog()) ? Files.readString(httpd.errorLog()) : "";
        return all.substring(Math.max(0, all.length() - 3000));
    }

    @Override
    public void close() {
        closed = true;
        httpd.close();
        relay.close();
    }
}
