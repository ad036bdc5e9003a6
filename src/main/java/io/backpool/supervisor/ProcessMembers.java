package io.backpool.supervisor;

import io.backpool.config.AdminConfig;
import io.backpool.config.Config;
import io.backpool.config.LogConfig;
import io.backpool.config.PoolConfig;
import io.backpool.pool.Member;
import io.backpool.pool.MemberKind;
import io.backpool.pool.Release;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
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
    private final Release current;
    private final Output out;
    private final Output err;

    public ProcessMembers(Config config, Launcher launcher) {
        this.pool = config.pool();
        this.admin = config.admin();
        this.launcher = launcher;
        this.current = new Launched(launcher.asStarted(), pool);
        // Standard output is for machines: access lines as they are. JSON says itself whose it is.
        boolean named = config.log().format() == LogConfig.Format.PATTERN;
        this.out = new Output(new FileOutputStream(FileDescriptor.out), "stdout", false);
        this.err = new Output(new FileOutputStream(FileDescriptor.err), "stderr", named);
    }

    @Override
    public Release current() {
        return current;
    }

    @Override
    public Release next(@Nullable Path jar, int members)
            throws ReleaseException, InterruptedException {
        try {
            Launch next = launcher.fromDisk();
            String mistake = next.check(members);
            if (mistake != null) {
                throw new ReleaseException(mistake);
            }
            return new Launched(next, pool);
        } catch (IOException e) {
            throw new ReleaseException(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Member start(int index, int members, Release release, Runnable changed) {
        ProcessBuilder process = ((Launched) release).launch.member(index, members);
        return ProcessMember.start(pool.route(index), process, out, err, changed);
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
    public List<Integer> adminPorts(int members) {
        return IntStream.rangeClosed(1, members)
                .mapToObj(index -> admin.ofMember(index).port())
                .toList();
    }

    @Override
    public void close() {
        out.close();
        err.close();
    }

    /** A {@link Launch} as the pool sees it. */
    private record Launched(Launch launch, PoolConfig settings) implements Release {
        @Override
        public String version() {
            return "";
        }

        @Override
        public List<String> needsRestartOfPool() {
            return List.of();
        }
    }
}
