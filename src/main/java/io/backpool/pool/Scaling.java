package io.backpool.pool;

import io.backpool.config.PoolConfig;
import io.backpool.observe.ControlError;
import io.backpool.observe.ControlException;
import java.time.Duration;
import java.util.function.Consumer;

/** How many members there are to be. Used by the pool's thread. */
public final class Scaling {
    private final PoolConfig pool;
    private final Lives lives;
    private final SizeCheck sizes;
    private final Consumer<Change> changes;

    /** Once all changes are made. */
    private int wanted;

    /** Says whether there can be so many members. */
    public interface SizeCheck {
        /**
         * Checks.
         *
         * @throws RuntimeException if there can't: says why
         */
        void check(int members);
    }

    Scaling(PoolConfig pool, Lives lives, SizeCheck sizes, Consumer<Change> changes) {
        this.pool = pool;
        this.lives = lives;
        this.sizes = sizes;
        this.changes = changes;
        this.wanted = pool.members();
    }

    /** How many there will be once all changes are made. */
    int wanted() {
        return wanted;
    }

    /**
     * One member more until another {@link Resize} ends it, if there can be so many.
     *
     * @return its beginning
     */
    Resize spare() throws ControlException {
        check(wanted + 1);
        return new Resize(new Progress("one member more"), lives, wanted + 1, Duration.ZERO);
    }

    /** The spare member leaves. */
    Resize withoutSpare() {
        return new Resize(new Progress("as many as before"), lives, wanted, pool.stickyGrace());
    }

    private void check(int members) throws ControlException {
        try {
            sizes.check(members);
        } catch (RuntimeException e) {
            throw ControlError.CANNOT_SCALE.of(String.valueOf(e.getMessage()));
        }
    }

    /** The first members, at the pool's start. */
    void begin() {
        for (int i = 0; i < wanted; i++) {
            lives.add();
        }
    }

    /** Begins to have so many. */
    void to(int members, boolean force) throws ControlException {
        lives.refuseWhileHolding();
        check(members);
        if (!force && lives.noneServesBelow(members)) {
            throw ControlError.LAST_MEMBER.of("One of the members that would be stopped");
        }
        wanted = members;
        var progress = new Progress("scale " + members);
        changes.accept(new Resize(progress, lives, members, pool.stickyGrace()));
    }

    /** Begins to have so many more, or fewer. */
    void by(int difference) throws ControlException {
        to(Math.max(1, wanted + difference), false);
    }
}
