package io.backpool.pool;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Starts members or stops those with the highest numbers, until there are as many as wanted. If a
 * new one can't start, all new ones are stopped again. Used by the pool's thread.
 */
final class Resize implements Change {
    /** For httpd to take a new member that is ready. */
    static final Duration PATIENCE = Duration.ofSeconds(15);

    private final Progress progress;
    private final MemberList members;
    private final int wanted;
    private final Duration grace;
    private final List<MemberLife> added = new ArrayList<>();
    private final List<MemberLife> leaving = new ArrayList<>();
    private boolean begun;
    private @Nullable String failure;
    private long readySince = -1;

    Resize(Progress progress, MemberList members, int wanted, Duration grace) {
        this.progress = progress;
        this.members = members;
        this.wanted = wanted;
        this.grace = grace;
    }

    @Override
    public Progress progress() {
        return progress;
    }

    @Override
    public void advance() {
        if (!begun) {
            begun = true;
            begin();
        }
        if (failure == null) {
            added.stream()
                    .filter(life -> life.failedStart() != null)
                    .findFirst()
                    .ifPresent(this::undo);
        }
        for (MemberLife life : List.copyOf(leaving)) {
            if (life.state() == LifeState.STOPPED) {
                leaving.remove(life);
                members.remove(life);
                progress.step(life.route() + " - stopped");
            }
        }
        if (leaving.isEmpty()) {
            conclude();
        }
    }

    private void begin() {
        List<MemberLife> now = members.all();
        if (wanted < now.size()) {
            leaving.addAll(now.subList(wanted, now.size()));
            leaving.forEach(life -> life.stop(grace));
        }
        while (members.all().size() < wanted) {
            MemberLife life = members.add();
            added.add(life);
            progress.step(life.route() + " - starts");
        }
    }

    private void undo(MemberLife failed) {
        failure =
                "%s did not start: %s. The pool is as it was before"
                        .formatted(
                                failed.route(),
                                Objects.requireNonNull(failed.failedStart()).text());
        added.forEach(life -> life.stop(Duration.ZERO));
        leaving.addAll(added);
        added.clear();
    }

    private void conclude() {
        if (failure != null) {
            progress.failed(failure);
        } else if (added.stream().allMatch(this::isIn)) {
            String excess = members.memoryExcess();
            if (excess != null && !added.isEmpty()) {
                progress.step(excess);
            }
            progress.done();
        } else if (added.stream().allMatch(life -> life.state().isReady())) {
            awaitHttpd();
        }
    }

    private void awaitHttpd() {
        if (readySince < 0) {
            readySince = members.now();
        } else if (members.now() - readySince > PATIENCE.toNanos()) {
            progress.failed(
                    added.stream()
                            .filter(life -> !isIn(life))
                            .map(this::problem)
                            .collect(
                                    Collectors.joining(
                                            "; ",
                                            "These members serve, but not every httpd sends them"
                                                    + " requests: ",
                                            ". Either make places for them in httpd (java -jar"
                                                    + " backend.jar conf apache prints them), or go"
                                                    + " back: java -jar backend.jar scale "
                                                    + (members.all().size() - added.size()))));
        }
    }

    private String problem(MemberLife life) {
        return life.route() + " - " + String.join(", ", members.rotation().problems(life.index()));
    }

    private boolean isIn(MemberLife life) {
        return life.state() == LifeState.DRAINED
                || (life.state().takesNewClients()
                        && members.rotation().isAgreed(life.index(), Set.of()));
    }
}
