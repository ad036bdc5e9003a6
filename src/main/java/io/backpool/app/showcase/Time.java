package io.backpool.app.showcase;

import io.backpool.exchange.Parameters;
import io.undertow.server.HttpServerExchange;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Requests that take their time, asleep or at work. They block; safe for all threads. */
final class Time {
    private Time() {}

    static void sleep(HttpServerExchange exchange) throws InterruptedException {
        Duration time =
                Parameters.queryDuration(
                        exchange,
                        "for",
                        Duration.ofMillis(500),
                        Duration.ZERO,
                        Duration.ofSeconds(60));
        Thread.sleep(time.toMillis());
        Answers.text(exchange, "Slept for " + Parameters.write(time) + "\n");
    }

    /** The work is counted in steps, not by the clock: on a busy machine it takes longer. */
    static void work(HttpServerExchange exchange) {
        Duration time =
                Parameters.queryDuration(
                        exchange,
                        "for",
                        Duration.ofMillis(5),
                        Duration.ZERO,
                        Duration.ofSeconds(10));
        long result = Work.burn(time.toMillis() * Work.STEPS_PER_MILLISECOND);
        Answers.text(
                exchange, "Worked for " + Parameters.write(time) + ", result " + result + "\n");
    }

    /** Calibrates itself at the first request, in less than a second. */
    private static final class Work {
        private static final int ROUNDS = 50;
        private static final long ROUND = 2_000_000;
        static final long STEPS_PER_MILLISECOND = calibrate();

        /**
         * Steps of Marsaglia's xorshift, which need each other's result and which no compiler can
         * put together into fewer.
         *
         * @return the last result, to be shown for the same reason
         */
        static long burn(long steps) {
            long state = steps | 1;
            for (long step = 0; step < steps; step++) {
                state ^= state << 13;
                state ^= state >>> 7;
                state ^= state << 17;
            }
            return state;
        }

        /** The fastest of many rounds: compiled, and least disturbed by others. */
        private static long calibrate() {
            long fastest = Long.MAX_VALUE;
            long results = 0;
            for (int round = 0; round < ROUNDS; round++) {
                long start = System.nanoTime();
                results ^= burn(ROUND + round);
                fastest = Math.min(fastest, System.nanoTime() - start);
            }
            long steps = ROUND * TimeUnit.MILLISECONDS.toNanos(1) / Math.max(1, fastest);
            return results == 0 ? Math.max(1, steps - 1) : Math.max(1, steps);
        }
    }
}
