package io.backpool.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.observe.Load;
import io.backpool.observe.Traffic;
import io.backpool.supervisor.Message;
import io.backpool.supervisor.Message.Beat;
import io.backpool.supervisor.Message.Cut;
import io.backpool.supervisor.Message.Failed;
import io.backpool.supervisor.Message.Ready;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChildPipeTest {
    private static final Traffic TRAFFIC =
            new Traffic(15, 2, 1, 1, 1, new Load(1, 2, 3, 4, 5, 6L << 33), List.of(7L, 15L));

    private final List<String> lines = new ArrayList<>();
    private final List<Message> messages = new ArrayList<>();

    @Test
    void messagesAndLinesArriveApart() {
        read(
                "hello\n"
                        + new Ready().line()
                        + "\nworld\n"
                        + new Cut(2).line()
                        + "\n"
                        + new Beat(3, -1, TRAFFIC, Map.of("queue", "DOWN", "cache", "UP")).line()
                        + "\n");
        assertThat(lines).containsExactly("hello", "world");
        assertThat(messages)
                .containsExactly(
                        new Ready(),
                        new Cut(2),
                        new Beat(3, -1, TRAFFIC, Map.of("queue", "DOWN", "cache", "UP")));
    }

    @Test
    void aMessageInTheMiddleOfALineDoesNotTearIt() {
        read("Full thread " + new Beat(0, 2, TRAFFIC, Map.of()).line() + "\ndump\n");
        assertThat(lines).containsExactly("Full thread dump");
        assertThat(messages).containsExactly(new Beat(0, 2, TRAFFIC, Map.of()));
    }

    @Test
    void aLongLineComesInPieces() {
        read("x".repeat(ChildPipe.LONGEST * 2 + 5) + "\n" + new Ready().line() + "\n");
        assertThat(lines).hasSize(3);
        assertThat(String.join("", lines)).hasSize(ChildPipe.LONGEST * 2 + 5);
        assertThat(messages).containsExactly(new Ready());
    }

    @Test
    void theLastLineNeedsNoEnd() {
        read("so far");
        assertThat(lines).containsExactly("so far");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "beat",
                "beat serving",
                "beat serving x 1,2",
                "beat serving 1 1,2,x",
                "beat serving 1 1",
                "cut",
                "cut x",
                "failed",
                "nonsense 1 2"
            })
    void whatIsNoMessageIsNothing(String text) {
        read(Message.MARK + text + "\nnext\n");
        assertThat(messages).isEmpty();
        assertThat(lines).containsExactly("next");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "backend.yaml:1: no",
                "two\nlines",
                "a back\\slash \\n",
                "  spaces  in between",
                "Grüße"
            })
    void aFailureKeepsItsWords(String text) {
        var failed = new Failed(78, text.strip());
        read(failed.line() + "\n");
        assertThat(messages).containsExactly(failed);
    }

    private void take(String text) {
        Message message = Message.parse(text);
        if (message != null) {
            messages.add(message);
        }
    }

    private void read(String stream) {
        new ChildPipe(lines::add, this::take)
                .readAll(new ByteArrayInputStream(stream.getBytes(UTF_8)));
    }
}
