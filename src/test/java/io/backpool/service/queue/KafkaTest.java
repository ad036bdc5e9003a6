package io.backpool.service.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KafkaTest {
    private static final Node ONE = new Node(1, "one", 9092);
    private static final Node OTHER = new Node(2, "other", 9092);

    @Test
    void takesMessagesWithALeaderAndAsManyReplicasInSyncAsItAsksFor() {
        assertThat(isTaking(2, ONE, List.of(ONE, OTHER), List.of(ONE, OTHER))).isTrue();
        assertThat(isTaking(1, ONE, List.of(ONE, OTHER), List.of(ONE))).isTrue();
        assertThat(isTaking(2, ONE, List.of(ONE, OTHER), List.of(ONE))).isFalse();
        assertThat(isTaking(1, null, List.of(ONE, OTHER), List.of(ONE))).isFalse();
    }

    @Test
    void asksNoMoreReplicasThanThereAre() {
        assertThat(isTaking(2, ONE, List.of(ONE), List.of(ONE))).isTrue();
    }

    @Test
    void aTopicThatIsGoneTakesNothing() {
        assertThat(Kafka.isTaking(null, settings(1))).isFalse();
    }

    private static boolean isTaking(
            int needed, @Nullable Node leader, List<Node> replicas, List<Node> inSync) {
        var partition = new TopicPartitionInfo(0, leader, replicas, inSync);
        var topic = new TopicDescription("backpool.q", false, List.of(partition));
        return Kafka.isTaking(topic, settings(needed));
    }

    private static Config settings(int needed) {
        String value = Integer.toString(needed);
        return new Config(List.of(new ConfigEntry(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, value)));
    }
}
