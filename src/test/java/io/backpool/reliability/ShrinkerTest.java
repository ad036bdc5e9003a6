package io.backpool.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShrinkerTest {
    private static final List<Integer> TWENTY = IntStream.range(0, 20).boxed().toList();

    @Test
    void findsTheOneThatFails() throws Exception {
        assertThat(Shrinker.shrink(TWENTY, part -> part.contains(13), () -> true))
                .containsExactly(13);
    }

    @Test
    void findsTwoThatFailTogetherInTheirOrder() throws Exception {
        assertThat(Shrinker.shrink(TWENTY, part -> part.containsAll(List.of(3, 17)), () -> true))
                .containsExactly(3, 17);
    }

    @Test
    void keepsWhatItReachedWhenTimeIsUp() throws Exception {
        var trials = new AtomicInteger();

        List<Integer> shorter =
                Shrinker.shrink(
                        TWENTY, part -> part.contains(13), () -> trials.incrementAndGet() < 4);

        assertThat(shorter).contains(13).hasSizeLessThan(20);
    }
}
