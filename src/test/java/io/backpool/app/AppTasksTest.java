package io.backpool.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The application's own tasks, on both kinds of threads. */
class AppTasksTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final ClassLoader loader = new URLClassLoader(new URL[0]);
    private final AppTasks tasks = new AppTasks(loader, Runtime.version().feature() >= 21, 2);
    private final AppTasks onThreads = new AppTasks(loader, false, 2);
    private final Logger logger = (Logger) LoggerFactory.getLogger(AppTasks.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
        logger.setAdditive(false);
    }

    @AfterEach
    void end() throws InterruptedException {
        tasks.end(Duration.ZERO);
        onThreads.end(Duration.ZERO);
        logger.detachAppender(log);
        logger.setAdditive(true);
    }

    @Test
    void eachFindsTheApplicationsClasses() throws Exception {
        for (AppTasks each : new AppTasks[] {tasks, onThreads}) {
            assertThat(each.executor().submit(AppTasksTest::contextLoader).get()).isSameAs(loader);
            assertThat(each.scheduler().submit(AppTasksTest::contextLoader).get()).isSameAs(loader);
        }
    }

    private static ClassLoader contextLoader() {
        return Thread.currentThread().getContextClassLoader();
    }

    @Test
    void oneThatFailsIsLoggedOnceWithItsStack() throws Exception {
        for (AppTasks each : new AppTasks[] {tasks, onThreads}) {
            log.list.clear();
            each.executor().execute(AppTasksTest::fail);
            var failing = each.executor().submit(AppTasksTest::fail);
            var later = each.scheduler().schedule(AppTasksTest::fail, 0, TimeUnit.SECONDS);
            each.scheduler().submit(AppTasksTest::contextLoader).get();
            each.executor().shutdown();
            assertThat(each.executor().awaitTermination(1, TimeUnit.MINUTES)).isTrue();
            assertThat(failing).isDone();
            while (!later.isDone()) {
                Thread.onSpinWait();
            }
            each.end(LONG);
            assertThat(log.list)
                    .hasSize(3)
                    .allSatisfy(
                            event ->
                                    assertThat(event.getThrowableProxy().getMessage())
                                            .isEqualTo("no luck"));
        }
    }

    private static void fail() {
        throw new IllegalStateException("no luck");
    }

    @Test
    void aRepeatedOneGoesOnAfterAFailure() throws Exception {
        var runs = new CountDownLatch(3);
        var repeated =
                tasks.scheduler()
                        .scheduleWithFixedDelay(
                                () -> {
                                    runs.countDown();
                                    fail();
                                },
                                0,
                                1,
                                TimeUnit.MILLISECONDS);
        assertThat(runs.await(1, TimeUnit.MINUTES)).isTrue();
        assertThat(repeated.isDone()).isFalse();
    }

    @Test
    void atTheEndWhatRunsIsWaitedForAndNothingNewBegins() throws Exception {
        var begun = new CountDownLatch(1);
        var finish = new CountDownLatch(1);
        var ended = new AtomicReference<>("no");
        tasks.executor()
                .execute(
                        () -> {
                            begun.countDown();
                            await(finish, ended);
                        });
        var never = tasks.scheduler().schedule(AppTasksTest::fail, 1, TimeUnit.HOURS);
        begun.await();
        var ending =
                new Thread(
                        () -> {
                            try {
                                tasks.end(LONG);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        ending.start();
        while (!tasks.executor().isShutdown()) {
            Thread.onSpinWait();
        }
        assertThatThrownBy(() -> tasks.executor().execute(AppTasksTest::fail))
                .isInstanceOf(RejectedExecutionException.class);
        finish.countDown();
        ending.join();
        assertThat(ended).hasValue("finished");
        assertThat(never.isCancelled()).isTrue();
        assertThat(log.list).isEmpty();
    }

    @Test
    void whatTakesLongerThanItMayIsInterrupted() throws Exception {
        var begun = new CountDownLatch(1);
        var ended = new AtomicReference<>("no");
        onThreads
                .executor()
                .execute(
                        () -> {
                            begun.countDown();
                            await(new CountDownLatch(1), ended);
                        });
        begun.await();
        onThreads.end(Duration.ZERO);
        assertThat(ended).hasValue("interrupted");
        assertThat(log.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "pool.drain-timeout is over: interrupted 1 tasks of the application,"
                                + " dropped 0");
    }

    private static void await(CountDownLatch latch, AtomicReference<String> ended) {
        try {
            latch.await();
            ended.set("finished");
        } catch (InterruptedException e) {
            ended.set("interrupted");
        }
    }
}
