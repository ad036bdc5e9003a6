package io.backpool.service.queue;

import com.rabbitmq.client.ConnectionFactory;
import io.backpool.testkit.KafkaServer;
import io.backpool.testkit.RabbitServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing that was taken is lost, whatever is killed: four processes publish and handle while their
 * engine, or they themselves where there is none, are killed at random, and once the disk is full.
 * The whole, 10,000 messages and 20 kills an engine, with {@code -Dsoak.minutes=12}, the least; at
 * random as {@code -Dsoak.seed} says.
 */
class QueueKillIT {
    private static final int MINUTES = Integer.getInteger("soak.minutes", 0);
    private static final long SEED = Long.getLong("soak.seed", System.nanoTime());
    private static final boolean WHOLE = MINUTES > 0;
    private static final int KILLS = WHOLE ? 20 : 2;
    private static final int MESSAGES = WHOLE ? 10_000 : 1_000;

    @TempDir Path directory;
    private final Random random = new Random(SEED);

    /** Something to do to an engine. */
    private interface Step {
        void take() throws Exception;
    }

    @Test
    void sqlite() throws Exception {
        String url = "sqlite:" + directory.resolve("queue.db");
        Duration time = time(8);
        try (var run = new KillRun(directory.resolve("run"), url, "kill", 4, MESSAGES, time)) {
            disturb(
                    run,
                    time,
                    () -> run.replace(random.nextInt(run.processes())),
                    () -> {
                        for (int i = 0; i < run.processes(); i++) {
                            run.replaceOnAFullDisk(i);
                        }
                        for (int i = 0; i < run.processes(); i++) {
                            run.awaitFailure(i);
                            run.replace(i);
                        }
                    });
            run.finish("SQLite", said("processes killed"));
        }
    }

    /** Two processes have a quorum queue, two a classic one, in the same RabbitMQ. */
    @Test
    void rabbit() throws Exception {
        Duration time = time(15);
        try (RabbitServer rabbit = RabbitServer.start(directory)) {
            declareClassic(rabbit.url());
            try (var quorum =
                            new KillRun(
                                    directory.resolve("quorum"),
                                    rabbit.url(),
                                    "quorum",
                                    2,
                                    MESSAGES,
                                    time);
                    var classic =
                            new KillRun(
                                    directory.resolve("classic"),
                                    rabbit.url(),
                                    "classic",
                                    2,
                                    MESSAGES,
                                    time)) {
                disturb(
                        quorum,
                        time,
                        () -> {
                            rabbit.kill();
                            rabbit.restart();
                        },
                        () -> {
                            rabbit.control("set_disk_free_limit", "100000GB");
                            pause(2_000);
                            rabbit.control("set_disk_free_limit", "50MB");
                        });
                quorum.finish("RabbitMQ, quorum", said("RabbitMQ killed"));
                classic.finish("RabbitMQ, classic", said("RabbitMQ killed"));
            }
        }
    }

    @Test
    void kafka() throws Exception {
        Duration time = time(15);
        try (KafkaServer kafka = KafkaServer.start(directory);
                var run =
                        new KillRun(
                                directory.resolve("run"), kafka.url(), "kill", 4, MESSAGES, time)) {
            disturb(
                    run,
                    time,
                    () -> {
                        kafka.kill();
                        kafka.restart();
                    },
                    () -> {
                        kafka.kill();
                        kafka.endOnAFullDisk();
                        kafka.restart();
                    });
            run.finish("Kafka", said("Kafka killed"));
        }
    }

    /** {@code seconds} in the minute of all, a fair share of the whole. */
    private static Duration time(int seconds) {
        return WHOLE ? Duration.ofMinutes(MINUTES).dividedBy(3) : Duration.ofSeconds(seconds);
    }

    private static String said(String what) {
        return "%d x %s, once a full disk, seed %d".formatted(KILLS, what, SEED);
    }

    /**
     * Kills at random times, and fills the disk between two of them. On a slow machine it takes
     * longer: what is killed was in use.
     */
    private void disturb(KillRun run, Duration time, Step kill, Step fill) throws Exception {
        long begin = System.nanoTime();
        int full = 1 + random.nextInt(KILLS - 1);
        for (int i = 0; i < KILLS; i++) {
            long slot = time.toMillis() / KILLS;
            long at = slot * i + random.nextLong(slot);
            run.awaitPublished(MESSAGES / KILLS / 5);
            pause(Math.max(0, at - (System.nanoTime() - begin) / 1_000_000));
            if (i == full) {
                fill.take();
            }
            kill.take();
        }
    }

    private static void declareClassic(String url) throws Exception {
        var factory = new ConnectionFactory();
        factory.setUri(url);
        try (var connection = factory.newConnection();
                var channel = connection.createChannel()) {
            channel.queueDeclare("backpool.classic", true, false, false, Map.of());
        }
    }

    private static void pause(long millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis);
    }
}
