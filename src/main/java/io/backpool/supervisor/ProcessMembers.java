package io.backpool.supervisor;

import io.backpool.config.AdminConfig;
import io.backpool.config.Config;
import io.backpool.config.ConfigException;
import io.backpool.config.LogConfig;
import io.backpool.config.PoolConfig;
import io.backpool.observe.Console;
import io.backpool.pool.Member;
import io.backpool.pool.MemberKind;
import io.backpool.pool.OtherSupervisor;
import io.backpool.pool.Release;
import io.backpool.process.Output;
import io.backpool.server.AjpSecret;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kind of members that are processes: child JVMs of this one, whose output it passes on. Used
 * by the pool's threads.
 */
public final class ProcessMembers implements MemberKind {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessMembers.class);

    private final PoolConfig pool;
    private final AdminConfig admin;
    private final Launcher launcher;
    private final NextProcess next;
    private final Release current;
    private final Output out;
    private final Output err;

    /**
     * Makes none yet.
     *
     * @param arguments of this process
     */
    public ProcessMembers(Config config, Launcher launcher, List<String> arguments) {
        this.pool = config.pool();
        this.admin = config.admin();
        this.launcher = launcher;
        this.next = new NextProcess(config, arguments);
        AjpSecret secret = secret();
        if (secret != null) {
            secret.logOrigin();
        }
        this.current = new Launched(launcher.asStarted(), pool, secret);
        // Standard output is for machines: access lines as they are. JSON says itself whose it is.
        boolean named = config.log().format() == LogConfig.Format.PATTERN;
        this.out = new Output(Console.OUT, false);
        this.err = new Output(Console.ERR, named);
    }

    /** As it is now: members get this one until they are restarted. */
    private @Nullable AjpSecret secret() {
        return pool.hasAjp() ? AjpSecret.load(pool) : null;
    }

    @Override
    public Release current() {
        return current;
    }

    @Override
    public Release next(Release now, @Nullable Path jar, int members)
            throws ReleaseException, InterruptedException {
        Launch running = ((Launched) now).launch;
        try {
            Launch next = launcher.next(running, jar, members);
            List<String> poolWide = running.poolWideChanges(next);
            if (!poolWide.isEmpty()) {
                throw new ReleaseException(
                        "needs a restart of the whole pool: " + String.join(", ", poolWide),
                        poolWide);
            }
            AjpSecret secret = secret();
            return next.isSame(running) && AjpSecret.areSame(secret, ((Launched) now).secret)
                    ? now
                    : new Launched(next, next.settings().readUnderstood().pool(), secret);
        } catch (LaunchException | ConfigException e) {
            throw new ReleaseException(String.valueOf(e.getMessage()), List.of());
        }
    }

    @Override
    public boolean canHandOver() {
        return true;
    }

    @Override
    public OtherSupervisor startNext(Release now, @Nullable Path jar, int members)
            throws ReleaseException, InterruptedException {
        try {
            return next.start(launcher.next(((Launched) now).launch, jar, members), members);
        } catch (LaunchException | ConfigException | IOException e) {
            throw new ReleaseException(String.valueOf(e.getMessage()), List.of());
        }
    }

    @Override
    public Member start(int index, int members, Release release, Runnable changed) {
        String route = pool.route(index);
        try {
            var launched = (Launched) release;
            ProcessBuilder process = launched.launch.member(index, members);
            if (launched.secret != null) {
                launched.secret.putInto(process.environment());
            }
            return ProcessMember.start(route, process, out, err, changed);
        } catch (IOException e) {
            return ProcessMember.failed(e);
        }
    }

    @Override
    public void prepare(Release release) throws InterruptedException {
        try {
            ((Launched) release).launch.prepare();
        } catch (IOException e) {
            LOG.warn("no archive of classes, members start more slowly: {}", e.getMessage());
        }
    }

    @Override
    public @Nullable String memoryExcess(List<Integer> startedAmong) {
        return ((Launched) current).launch.memoryExcess(startedAmong);
    }

    @Override
    public List<Integer> adminPorts(int members) {
        return IntStream.rangeClosed(1, members)
                .mapToObj(index -> admin.ofMember(index).port())
                .toList();
    }

    @Override
    public void close() {}

    /** A {@link Launch} as the pool sees it. */
    private record Launched(Launch launch, PoolConfig settings, @Nullable AjpSecret secret)
            implements Release {
        @Override
        public String version() {
            return launch.version().toString();
        }
    }
}
