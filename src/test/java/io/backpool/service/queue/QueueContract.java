package io.backpool.service.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every engine of the queue promises. */
abstract class QueueContract {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int MANY = 10_000;
    private static final AtomicInteger TESTS = new AtomicInteger();

    @TempDir Path directory;

    /** Each test has queues of its own on an engine that all share. */
    private final String name = "t" + TESTS.incrementAndGet();

    private HikariDataSource database;
    private PoolQueue queue;

    /** The engine's address, for another process. */
    abstract String url();

    @BeforeEach
    void open() {
        database = TestStates.open(directory.resolve("states.db"));
        queue = open(url(), name);
    }

    /** A queue on the engine. */
    PoolQueue open(String url, String name) {
        return TestQueues.open(url, name, this::states);
    }

    /** Another queue like the test's. */
    PoolQueue another() {
        return open(url(), name);
    }

    String name() {
        return name;
    }

    /** Where brokers have the states kept. */
    DataSource states() {
        return database;
    }

    @AfterEach
    void close() {
        queue.close();
        database.close();
    }

    PoolQueue queue() {
        return queue;
    }

    @Test
    void theStateOfAMessageIsToldAllTheWay() throws Exception {
        var begun = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        String id = queue.publish(bytes("hello"));
        assertThat(queue.find(id)).isEqualTo(new MessageStatus(id, MessageState.QUEUED, 0, null));
        assertThat(queue.find("none")).isNull();
        awaitDepth(1);

        try (var consumer =
                queue.consume(
                        2,
                        message -> {
                            begun.countDown();
                            go.await();
                            return "got " + text(message) + " in attempt " + message.attempt();
                        })) {
            begun.await();
            assertThat(state(id)).isEqualTo(MessageState.PROCESSING);
            go.countDown();
            await().atMost(LONG).until(() -> state(id) == MessageState.DONE);
        }
        assertThat(queue.find(id))
                .isEqualTo(new MessageStatus(id, MessageState.DONE, 1, "got hello in attempt 1"));
        awaitDepth(0);
        assertThat(queue.stats().published()).isEqualTo(1);
        assertThat(queue.stats().done()).isEqualTo(1);
        assertThat(queue.stats().reachable()).isTrue();
    }

    @Test
    void connectingMakesNothingAndSaysWhatIsMissing() {
        try (PoolQueue fresh = open(url(), name() + "-new")) {
            for (int i = 0; i < 2; i++) {
                assertThat(fresh.connect()).endsWith(" not there yet: made at the first use");
            }
            fresh.publish(bytes("x"));
            await().atMost(LONG).until(() -> fresh.connect().equals("answers, 1 messages wait"));
        }
    }

    @Test
    void whatFailedIsTriedAgainLaterAndWhatAlwaysFailsEndsDead() throws Exception {
        var times = new ConcurrentLinkedQueue<Long>();
        String poison = queue.publish(bytes("poison"));
        String fickle = queue.publish(bytes("fickle"));
        String fine = queue.publish(bytes("fine"));
        try (var consumer =
                queue.consume(
                        2,
                        message -> {
                            if (text(message).equals("poison")) {
                                times.add(System.currentTimeMillis());
                                throw new IOException("can't eat this");
                            }
                            if (text(message).equals("fickle") && message.attempt() < 2) {
                                throw new IllegalStateException("not now");
                            }
                            return null;
                        })) {
            await().atMost(LONG).until(() -> state(fine) == MessageState.DONE);
            await().atMost(LONG).until(() -> state(fickle) == MessageState.DONE);
            await().atMost(LONG).until(() -> state(poison) == MessageState.DEAD);
        }
        MessageStatus dead = Objects.requireNonNull(queue.find(poison));
        assertThat(dead.attempts()).isEqualTo(3);
        assertThat(dead.result()).contains("can't eat this");
        assertThat(Objects.requireNonNull(queue.find(fickle)).attempts()).isEqualTo(2);
        List<Long> at = List.copyOf(times);
        assertThat(at).hasSize(3);
        assertThat(at.get(1) - at.get(0)).isGreaterThanOrEqualTo(290);
        assertThat(at.get(2) - at.get(1)).isGreaterThanOrEqualTo(590);
        assertThat(queue.stats().dead()).isEqualTo(1);
        assertThat(queue.stats().retried()).isEqualTo(3);
    }

    @Test
    void whatIsDeadIsListedTriedAgainOrDropped() throws Exception {
        var works = new AtomicBoolean();
        String first = queue.publish(bytes("first"));
        try (var consumer =
                queue.consume(
                        1,
                        message -> {
                            if (!works.get()) {
                                throw new IOException("can't eat this\0\uD800");
                            }
                            return text(message) + message.attempt();
                        })) {
            await().atMost(LONG).until(() -> state(first) == MessageState.DEAD);
            String second = queue.publish(bytes("second"));
            await().atMost(LONG).until(() -> state(second) == MessageState.DEAD);
            assertThat(queue.dead(1)).extracting(DeadMessage::id).containsExactly(second);
            assertThat(queue.dead(10))
                    .allSatisfy(
                            dead -> {
                                assertThat(dead.reason()).contains("can't eat this");
                                assertThat(dead.attempts()).isEqualTo(3);
                            })
                    .extracting(DeadMessage::id)
                    .containsExactly(second, first);

            assertThat(queue.retry(first)).isTrue();
            await().atMost(LONG).until(() -> queue.dead(1).get(0).id().equals(first));
            works.set(true);
            assertThat(queue.retry(first)).isTrue();
            await().atMost(LONG).until(() -> state(first) == MessageState.DONE);
            assertThat(queue.find(first))
                    .isEqualTo(new MessageStatus(first, MessageState.DONE, 1, "first1"));
            assertThat(queue.retry(first)).isFalse();

            assertThat(queue.drop(first)).isFalse();
            assertThat(queue.drop(second)).isTrue();
            assertThat(queue.drop(second)).isFalse();
            assertThat(queue.retry(second)).isFalse();
            assertThat(queue.find(second)).isNull();
            assertThat(queue.dead(10)).isEmpty();
            awaitDepth(0);
        }
    }

    @Test
    void poolsShareMessagesOnlyIfTheyHaveTheSameName() throws Exception {
        String id = queue.publish(bytes("ours"));
        try (PoolQueue stranger = open(url(), name + "-2");
                var consumer = stranger.consume(1, message -> "stolen");
                PoolQueue friend = another()) {
            String theirs = stranger.publish(bytes("theirs"));
            await().atMost(LONG).until(() -> stranger.stats().done() == 1);
            assertThat(stranger.find(id)).isNull();
            assertThat(queue.find(theirs)).isNull();
            assertThat(state(id)).isEqualTo(MessageState.QUEUED);
            awaitDepth(1);
            try (var ours = friend.consume(1, message -> "shared")) {
                await().atMost(LONG).until(() -> state(id) == MessageState.DONE);
            }
        }
    }

    /** With one thread a process dies of the first message, and never begins the others. */
    @Test
    void anAttemptIsCountedWhenAHandlerBegins() throws Exception {
        String poison = queue.publish(bytes(ConsumerProgram.DIES_OF));
        await().atMost(LONG).until(() -> queue.stats().depth() == 1);
        List<String> innocent = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            innocent.add(queue.publish(bytes("innocent")));
        }
        Path output = directory.resolve("handled");
        while (state(poison) != MessageState.DEAD) {
            try (ServerProcess process = program(ConsumerProgram.class, "1", output.toString())) {
                process.await(
                        "its end, or that of the poison",
                        () -> !process.isAlive() || state(poison) == MessageState.DEAD);
            }
        }
        List<String> begun = Collections.synchronizedList(new ArrayList<>());
        try (var consumer =
                queue.consume(
                        1,
                        message -> {
                            begun.add(message.id());
                            return null;
                        })) {
            await().atMost(LONG)
                    .until(() -> innocent.stream().allMatch(id -> state(id) == MessageState.DONE));
        }
        begun.addAll(Files.exists(output) ? Files.readAllLines(output) : List.of());
        assertThat(Objects.requireNonNull(queue.find(poison)).result())
                .isEqualTo(MessageTable.DIED);
        // A broker may deliver one again that was handled: its process died before it said so. The
        // last process may have been ended after it counted an attempt and before it wrote its
        // line.
        assertThat(innocent)
                .allSatisfy(
                        id -> {
                            int handled = Collections.frequency(begun, id);
                            assertThat(Objects.requireNonNull(queue.find(id)).attempts())
                                    .isBetween(handled, handled + 1);
                        });
    }

    @Test
    void messagesAndStatesOutliveTheProcess() throws Exception {
        String done = queue.publish(bytes("first"));
        try (var consumer = queue.consume(1, message -> "seen")) {
            await().atMost(LONG).until(() -> state(done) == MessageState.DONE);
        }
        String waiting = queue.publish(bytes("second"));
        queue.close();

        queue = another();
        assertThat(state(done)).isEqualTo(MessageState.DONE);
        assertThat(state(waiting)).isEqualTo(MessageState.QUEUED);
        try (var consumer = queue.consume(1, QueueContract::text)) {
            await().atMost(LONG).until(() -> state(waiting) == MessageState.DONE);
        }
        assertThat(Objects.requireNonNull(queue.find(waiting)).result()).isEqualTo("second");
    }

    @Test
    void stoppingFinishesWhatHasBegunAndGivesBackTheRest() throws Exception {
        var begun = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 5; i++) {
            ids.add(queue.publish(bytes("message " + i)));
        }
        AutoCloseable first =
                queue.consume(
                        1,
                        message -> {
                            begun.countDown();
                            go.await();
                            return "first";
                        });
        begun.await();
        var stopped = new CompletableFuture<Void>();
        var stopper = new Thread(() -> closeInto(stopped, first));
        stopper.start();
        // It waits for the consumer to end, which waits for the handler.
        await().until(() -> stopper.getState() == Thread.State.WAITING);
        go.countDown();
        stopped.get();
        assertThat(ids).noneMatch(id -> state(id) == MessageState.PROCESSING);
        assertThat(ids).anyMatch(id -> state(id) == MessageState.DONE);
        try (var second = queue.consume(1, message -> "second")) {
            await().atMost(LONG)
                    .until(() -> ids.stream().allMatch(id -> state(id) == MessageState.DONE));
        }
        for (String id : ids) {
            assertThat(Objects.requireNonNull(queue.find(id)).attempts()).isEqualTo(1);
        }
    }

    private static void closeInto(CompletableFuture<Void> closed, AutoCloseable consumer) {
        try {
            consumer.close();
            closed.complete(null);
        } catch (Exception e) {
            closed.completeExceptionally(e);
        }
    }

    @Test
    void ofTenThousandMessagesNoneIsLostWhenConsumersAreKilled() throws Exception {
        Path output = directory.resolve("handled");
        Set<String> published = java.util.concurrent.ConcurrentHashMap.newKeySet();
        var consumers = new ArrayList<ServerProcess>();
        var publisher = Executors.newSingleThreadExecutor();
        long start = System.nanoTime();
        try {
            consumers.add(consumer(output));
            consumers.add(consumer(output));
            Future<?> publishing = publisher.submit(() -> publishMany(published));
            for (int part = 1; part <= 3; part++) {
                int enough = MANY / 5 * part;
                await().atMost(LONG)
                        .pollInterval(Duration.ofMillis(10))
                        .until(() -> lines(output).size() >= enough);
                assertThat(lines(output)).as("handled before the kill").hasSizeLessThan(MANY);
                ServerProcess victim = consumers.remove(0);
                victim.signal("KILL");
                victim.awaitExit();
                consumers.add(consumer(output));
            }
            publishing.get();
            await().atMost(LONG.multipliedBy(2))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> new HashSet<>(lines(output)).size() >= MANY);
        } finally {
            publisher.shutdownNow();
            consumers.forEach(one -> one.signal("KILL"));
            consumers.forEach(ServerProcess::close);
        }
        List<String> handled = lines(output);
        assertThat(new HashSet<>(handled)).isEqualTo(published);
        System.out.printf(
                "%s: %d messages, 3 consumers killed, none lost, %d duplicates, %d ms%n",
                url().replaceAll(":.*", ""),
                MANY,
                handled.size() - MANY,
                (System.nanoTime() - start) / 1_000_000);
        assertThat(handled.size() - MANY).isLessThan(MANY / 10);
    }

    private @Nullable Void publishMany(Set<String> published) throws Exception {
        var threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> all = new ArrayList<>();
            var left = new AtomicInteger(MANY);
            for (int i = 0; i < 8; i++) {
                all.add(
                        threads.submit(
                                () -> {
                                    while (left.getAndDecrement() > 0) {
                                        published.add(queue.publish(bytes("work")));
                                    }
                                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
            return null;
        } finally {
            threads.shutdownNow();
        }
    }

    private ServerProcess consumer(Path output) throws IOException {
        return program(ConsumerProgram.class, "4", output.toString());
    }

    /** A program in a process of its own that uses the test's queue. */
    private ServerProcess program(Class<?> main, String... arguments) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx128m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                main.getName(),
                                url(),
                                name,
                                directory.resolve("states.db").toString()));
        command.addAll(List.of(arguments));
        return ServerProcess.start(
                directory, Files.createTempFile(directory, "program", ".log"), Map.of(), command);
    }

    private static List<String> lines(Path file) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        String text = Files.readString(file, StandardCharsets.US_ASCII);
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }

    /** Asked in the background. */
    void awaitDepth(long depth) {
        await().atMost(LONG).until(() -> queue.stats().depth() == depth);
    }

    MessageState state(String id) {
        return Objects.requireNonNull(queue.find(id)).state();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(Message message) {
        return StandardCharsets.UTF_8.decode(message.body()).toString();
    }
}
