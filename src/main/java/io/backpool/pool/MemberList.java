package io.backpool.pool;

import io.backpool.balancer.Rotation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a {@link Change} works on. */
interface MemberList {
    /** By index, from 1. */
    List<MemberLife> all();

    /** Adds one with the next index; it starts soon. */
    MemberLife add();

    /** Forgets one that is stopped. */
    void remove(MemberLife life);

    /** What to say if the members may outgrow the machine's memory; null: they fit. */
    @Nullable String memoryExcess();

    Rotation rotation();

    /** Nanoseconds of a clock that only goes forward. */
    long now();

    /** Whether new clients come to this member and to no other. */
    default boolean isLastServing(MemberLife life) {
        return life.state().takesNewClients()
                && all().stream()
                        .noneMatch(other -> other != life && other.state().takesNewClients());
    }
}
