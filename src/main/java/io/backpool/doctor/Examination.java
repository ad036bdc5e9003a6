package io.backpool.doctor;

import io.backpool.config.BalancerConfig;
import io.backpool.config.Config;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Looks once at everything that there is to look at: the members, each httpd's balancer-manager,
 * and what else the operator pointed at. Changes nothing. Used by one thread.
 */
public final class Examination {
    private final Config config;
    private final List<String> lookedAt = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();

    /** Null: not given, or refused. */
    private @Nullable HttpdConfig httpd;

    public Examination(Config config) {
        this.config = config;
    }

    /** Notes something that could not be looked at, and how it could be. */
    public void leftOut(String what) {
        leftOut.add(what);
    }

    /** Notes something else that was looked at. */
    public void lookedAt(String what) {
        lookedAt.add(what);
    }

    /**
     * Looks.
     *
     * @throws DoctorException if a file or httpd's binary can't be used
     */
    public Diagnosis run(Question question) {
        if (question.httpdConfs().isEmpty()) {
            leftOut.add(
                    "httpd's configuration: --httpd-conf FILE, the file that it is started with");
        }
        question.httpdConfs().forEach(this::configuration);
        running(question.memberFailure());
        URI url = question.url();
        if (url == null) {
            leftOut.add("the way of a client: --url URL");
        } else {
            var client = new PublicUrl(config, url, question.tls());
            lookedAt.add(url.toString());
            findings.addAll(client.examine(leftOut));
        }
        Path errorLog = question.errorLog();
        if (errorLog == null) {
            leftOut.add("what httpd complained of: --error-log FILE");
        } else {
            lookedAt.add(errorLog + " since " + question.since());
            findings.addAll(ErrorLog.examine(errorLog, question.since()));
        }
        return new Diagnosis(lookedAt, leftOut, findings);
    }

    /**
     * What to look at beside the members and balancer-manager.
     *
     * @param httpdConfs httpd's main configuration files, or folders of its instances
     * @param errorLog of httpd; null: not given
     * @param since lines of the error log that are older are left out
     * @param url where clients reach the application through httpd; null: not given
     * @param tls whom to trust there; null: whom Java trusts
     * @param memberFailure what is wrong with a member, from 1, or null: it is well; null: ours are
     *     asked themselves
     */
    public record Question(
            List<Path> httpdConfs,
            @Nullable Path errorLog,
            Instant since,
            @Nullable URI url,
            @Nullable SSLContext tls,
            @Nullable IntFunction<@Nullable String> memberFailure) {
        public Question {
            httpdConfs = List.copyOf(httpdConfs);
        }
    }

    private void configuration(Path file) {
        @Nullable String secret = secret();
        try {
            HttpdConfig httpd = new HttpdBinary(file).read();
            this.httpd = httpd;
            lookedAt.add("httpd %s as %s configures it".formatted(httpd.version(), file));
            for (HttpdBalancer front : HttpdBalancer.of(config, httpd)) {
                findings.addAll(new ServerChecks(config, httpd).examine(front));
                findings.addAll(new MemberChecks(config, httpd, secret).examine(front));
                findings.addAll(new VirtualHostChecks(config, httpd).examine(front));
            }
        } catch (HttpdBinary.ConfRefused e) {
            lookedAt.add(file.toString());
            findings.add(e.finding(file, secret));
        }
    }

    /** As the pool has it; null: none was made yet, or it is not for us to read. */
    private @Nullable String secret() {
        Path file = config.pool().ajpSecretPath();
        if (!config.pool().hasAjp()) {
            return null;
        }
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            leftOut.add(
                    "whether httpd has the pool's AJP secret: cannot read %s; run doctor where, and as whom, the pool runs"
                            .formatted(file));
            return null;
        }
    }

    private void running(@Nullable IntFunction<@Nullable String> memberFailure) {
        var members = new RunningChecks(config, memberFailure);
        lookedAt.add("the members' own readiness");
        findings.addAll(members.ofMembers());
        Path sockets = config.pool().sockets();
        if (sockets != null) {
            lookedAt.add("the sockets in " + sockets);
            findings.addAll(new SocketChecks(config.pool()).examine(sockets, httpd));
        }
        for (BalancerConfig balancer : config.balancers()) {
            lookedAt.add("balancer://%s in %s".formatted(balancer.name(), balancer.manager()));
            findings.addAll(members.of(balancer));
        }
        if (config.balancers().isEmpty()) {
            leftOut.add(
                    "what httpd says of the members: no balancer is configured, and no running pool"
                            + " named one (--balancer URL)");
        }
    }
}
