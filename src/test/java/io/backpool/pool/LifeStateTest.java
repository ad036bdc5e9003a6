package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.pool.LifeState.Event;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What can happen to a member in which state: every case is written down. */
class LifeStateTest {
    private static final Set<LifeState> HAS_RUN =
            EnumSet.complementOf(EnumSet.of(LifeState.WAITING, LifeState.STOPPED));

    @Test
    void aRunThatEndsIsFollowedByAnotherUnlessTheMemberStops() {
        for (LifeState state : LifeState.values()) {
            boolean hasRun = HAS_RUN.contains(state);
            assertThat(state.after(Event.ENDED)).isEqualTo(hasRun ? LifeState.WAITING : null);
            assertThat(state.after(Event.ENDED_FOR_GOOD))
                    .isEqualTo(hasRun ? LifeState.STOPPED : null);
        }
    }

    @Test
    void anOperatorMayAskForAnythingInEveryState() {
        for (LifeState state : LifeState.values()) {
            for (Event event : EnumSet.of(Event.DRAIN, Event.RESUME, Event.REPLACE, Event.STOP)) {
                assertThat(state.after(event)).as("%s in %s", event, state).isNotNull();
            }
        }
    }

    @Test
    void onlyARunThatIsNotReadyBecomesReadyAndOnlyOneThatWasHangs() {
        for (LifeState state : LifeState.values()) {
            assertThat(state.after(Event.READY) != null).isEqualTo(state.awaitsRun());
            assertThat(state.after(Event.UNREADY) != null).isEqualTo(state.takesNewClients());
            assertThat(state.after(Event.HUNG) != null).isEqualTo(state.isReady());
        }
    }

    @Test
    void aMemberThatServesLeavesTheRotationBeforeItEnds() {
        LifeState state = LifeState.SERVING.after(Event.REPLACE);
        assertThat(state).isEqualTo(LifeState.GRACE);
        state = LifeState.GRACE.after(Event.OVERDUE);
        assertThat(state).isEqualTo(LifeState.TAKEN_OUT);
        assertThat(LifeState.TAKEN_OUT.after(Event.AGREED)).isEqualTo(LifeState.LEAVING);
        assertThat(LifeState.LEAVING.after(Event.OVERDUE)).isEqualTo(LifeState.ENDING);
    }

    @Test
    void nothingFollowsTheEnd() {
        for (Event event : Event.values()) {
            LifeState next = LifeState.STOPPED.after(event);
            assertThat(next == null || next == LifeState.STOPPED).as(event.name()).isTrue();
        }
    }
}
