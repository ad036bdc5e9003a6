package io.backpool.program;

import io.backpool.balancer.FrontEnds;
import io.backpool.config.ConfigException;
import io.backpool.config.ConfigSnapshot;
import io.backpool.config.ProgramConfig;
import io.backpool.observe.Console;
import io.backpool.observe.PoolView.OwnMetrics;
import io.backpool.pool.Member;
import io.backpool.pool.MemberKind;
import io.backpool.pool.Release;
import io.backpool.process.Output;
import io.backpool.server.AjpSecret;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The kind of members that are any other program. Used by the pool's threads. */
public final class ProgramMembers implements MemberKind {
    private final Supplier<ConfigSnapshot> now;
    private final FrontEnds frontEnds;
    private final ProgramRelease current;
    private final Guardian guardian;
    private final @Nullable EventLoopGroup notifyThread;
    private final Output out = new Output(Console.OUT, true);
    private final Output err = new Output(Console.ERR, true);

    /**
     * Ends what an earlier pool left behind.
     *
     * @param first the settings that this process read
     * @param now takes what is set at the moment
     * @throws IOException if a file that the settings name can't be read
     */
    public ProgramMembers(ConfigSnapshot first, Supplier<ConfigSnapshot> now, FrontEnds frontEnds)
            throws IOException {
        this.now = now;
        this.frontEnds = frontEnds;
        this.current = ProgramRelease.take(first, null);
        if (current.program().protocol() == ProgramConfig.Protocol.AJP) {
            AjpSecret.load(current.settings());
        }
        RunNotes.endOrphans();
        this.guardian = new Guardian();
        this.notifyThread = NotifySocket.thread();
    }

    @Override
    public Release current() {
        return current;
    }

    /** Here {@code --to} names the directory to run in. */
    @Override
    public Release next(Release running, @Nullable Path to, int members) throws ReleaseException {
        var before = (ProgramRelease) running;
        if (to != null && !Files.isDirectory(to)) {
            throw new ReleaseException(
                    to + " is not a directory: --to names the one to run app.command in",
                    List.of());
        }
        try {
            ConfigSnapshot settings = now.get();
            List<String> poolWide = before.snapshot().poolWideChanges(settings);
            if (!poolWide.isEmpty()) {
                throw new ReleaseException(
                        "needs a restart of the whole pool: " + String.join(", ", poolWide),
                        poolWide);
            }
            ProgramRelease next =
                    ProgramRelease.take(settings, to != null ? to : kept(before, settings));
            return next.isSame(before) ? before : next;
        } catch (IOException | ConfigException e) {
            throw new ReleaseException(String.valueOf(e.getMessage()), List.of());
        }
    }

    /** A directory that was asked for stays until the settings name another one. */
    private static @Nullable Path kept(ProgramRelease before, ConfigSnapshot settings) {
        ProgramConfig next = settings.readUnderstood().app().program();
        return next != null && Objects.equals(next.directory(), directory(before.snapshot()))
                ? before.instead()
                : null;
    }

    private static @Nullable Path directory(ConfigSnapshot snapshot) {
        ProgramConfig program = snapshot.readUnderstood().app().program();
        return program == null ? null : program.directory();
    }

    /** Their requests come from httpd without a step of ours. */
    @Override
    public boolean canHold() {
        return false;
    }

    @Override
    public Member start(int index, int members, Release release, Runnable changed) {
        var program = (ProgramRelease) release;
        String route = program.settings().route(index);
        var member =
                new ProgramMember(
                        index,
                        program,
                        UUID.randomUUID().toString(),
                        () -> frontEnds.use(route),
                        notifyThread,
                        changed);
        member.start(index, guardian, out, err);
        return member;
    }

    @Override
    public @Nullable OwnMetrics ownMetrics(int members) {
        String path = current.program().metrics();
        return path == null
                ? null
                : new OwnMetrics(
                        path,
                        current.settings().host(),
                        IntStream.rangeClosed(1, members)
                                .mapToObj(current.settings()::httpPort)
                                .toList());
    }

    @Override
    public void close() throws IOException {
        if (notifyThread != null) {
            var unused = notifyThread.shutdownGracefully();
        }
        guardian.close();
    }
}
