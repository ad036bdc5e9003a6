package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Checks of an application that do what they should not. */
class ReadinessTest {
    private final AtomicBoolean ready = new AtomicBoolean();

    /** Not ready at first, and ready later: what is asked once only would never be. */
    private void comesBackAfter(BooleanSupplier check) {
        try (var readiness = new Readiness()) {
            var asked = new AtomicBoolean();
            readiness.add(
                    "odd",
                    () -> {
                        asked.set(true);
                        return ready.get() || check.getAsBoolean();
                    });
            await().untilTrue(asked);
            assertThat(readiness.failing()).containsExactly("odd");
            ready.set(true);
            await().until(() -> readiness.failing().isEmpty());
        }
    }

    /** Kotlin and Scala declare no exceptions. */
    @Test
    void aCheckThatThrowsACheckedExceptionIsAskedAgain() {
        comesBackAfter(
                () -> {
                    ReadinessTest.<RuntimeException>sneak(new Exception("undeclared"));
                    return true;
                });
    }

    @Test
    void aCheckThatThrowsAnErrorIsAskedAgain() {
        comesBackAfter(
                () -> {
                    throw new StackOverflowError("on purpose");
                });
    }

    @Test
    void aCheckThatLeavesItsThreadInterruptedIsAskedAgain() {
        comesBackAfter(
                () -> {
                    Thread.currentThread().interrupt();
                    return false;
                });
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void sneak(Throwable any) throws E {
        throw (E) any;
    }
}
