package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ShortLockTest {
    private static final int THREADS = 4;
    private static final int TIMES = 20_000;

    private final ShortLock lock = new ShortLock();
    private int count;

    @Test
    void oneThreadAtATimeHasIt() throws Exception {
        count(Executors.newFixedThreadPool(THREADS));
    }

    /** On Java 21 and later; before, on others once more. */
    @Test
    void oneVirtualThreadAtATimeHasIt() throws Exception {
        count(
                VirtualThreads.exist()
                        ? VirtualThreads.executor()
                        : Executors.newFixedThreadPool(THREADS));
    }

    private void count(ExecutorService threads) throws Exception {
        Callable<Boolean> counting =
                () -> {
                    for (int i = 0; i < TIMES; i++) {
                        lock.lock();
                        count++;
                        lock.unlock();
                    }
                    return VirtualThreads.isCurrent();
                };
        List<Future<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            all.add(threads.submit(counting));
        }
        for (Future<Boolean> one : all) {
            assertThat(one.get()).isEqualTo(VirtualThreads.exist() && !isPool(threads));
        }
        threads.shutdown();
        assertThat(count).isEqualTo(THREADS * TIMES);
    }

    private static boolean isPool(ExecutorService threads) {
        return threads instanceof java.util.concurrent.ThreadPoolExecutor;
    }
}
