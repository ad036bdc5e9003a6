package io.backpool.local;

import io.backpool.config.PoolConfig;
import io.backpool.pool.Member;
import io.backpool.pool.MemberKind;
import io.backpool.pool.Release;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The kind of members that share this JVM. They come and go, but are of one release. */
public final class LocalMembers implements MemberKind {
    private final MemberRuntime runtime;
    private final Release release;

    /** Members of this runtime, which is closed with them. */
    public LocalMembers(MemberRuntime runtime, String version) {
        this.runtime = runtime;
        this.release = new ThisJvm(version, runtime.config().pool());
    }

    @Override
    public Release current() {
        return release;
    }

    @Override
    public Release next(Release now, @Nullable Path jar, int members) throws ReleaseException {
        throw new ReleaseException("members that share a JVM can't run anything else", List.of());
    }

    @Override
    public Member start(int index, int members, Release release, Runnable changed) {
        var member = new LocalMember(runtime, index, changed);
        member.start();
        return member;
    }

    @Override
    public boolean canRestart() {
        return false;
    }

    @Override
    public void awaitAlive() throws InterruptedException {
        runtime.awaitEventLoops();
    }

    @Override
    public void stopping() {
        runtime.endHandlers();
    }

    @Override
    public void close() throws Exception {
        runtime.close();
    }

    /** What runs here. */
    private record ThisJvm(String version, PoolConfig settings) implements Release {}
}
