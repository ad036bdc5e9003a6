package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xnio.StreamConnection;
import org.xnio.XnioWorker;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/** What reaches the socket of what Undertow asks for; events are the test's own. */
@SuppressWarnings("NullAway.Init")
class LazyReadsTest {
    private final List<String> asked = new ArrayList<>();
    private Runnable meanwhile = () -> {};
    private int told;
    private XnioWorker worker;
    private LazyReads reads;

    @BeforeEach
    void open() throws Exception {
        worker = TestWorker.open("lazy");
        StreamConnection accepted = worker.createFullDuplexPipeConnection().getRightSide();
        var channel = accepted.getSourceChannel();
        channel.setConduit(new Socket(channel.getConduit()));
        LazyReads.install(accepted);
        reads = (LazyReads) channel.getConduit();
        channel.setReadListener(ready -> told++);
        reads.resumeReads();
        assertThat(asked).containsExactly("resume");
        asked.clear();
    }

    @AfterEach
    void close() {
        worker.shutdownNow();
    }

    @Test
    void aRequestAndItsAnswerAskNothingOfTheSocket() {
        for (int i = 0; i < 3; i++) {
            reads.suspendReads();
            assertThat(reads.isReadResumed()).isFalse();
            reads.resumeReads();
            assertThat(reads.isReadResumed()).isTrue();
            reads.readReady();
        }
        assertThat(asked).isEmpty();
        assertThat(told).isEqualTo(3);
    }

    @Test
    void bytesThatComeDuringARequestAreToldAfterIt() {
        reads.suspendReads();
        reads.readReady();
        assertThat(asked).containsExactly("suspend");
        assertThat(told).isZero();
        reads.resumeReads();
        assertThat(asked).containsExactly("suspend", "resume");
        reads.readReady();
        assertThat(told).isEqualTo(1);
    }

    @Test
    void suspendedAgainItAsksNothing() {
        reads.suspendReads();
        reads.readReady();
        reads.suspendReads();
        reads.readReady();
        assertThat(told).isZero();
        reads.resumeReads();
        assertThat(asked).containsSubsequence("suspend", "resume").endsWith("resume");
    }

    @Test
    void resumedWhileTheEventLoopSuspendsItIsToldAtOnce() {
        reads.suspendReads();
        meanwhile = reads::resumeReads;
        reads.readReady();
        assertThat(asked).containsExactly("suspend", "resume");
        assertThat(told).isEqualTo(1);
        assertThat(reads.isReadResumed()).isTrue();
    }

    @Test
    void wokenUpItListensAgain() {
        reads.suspendReads();
        reads.readReady();
        reads.wakeupReads();
        assertThat(asked).containsExactly("suspend", "wakeup");
        assertThat(reads.isReadResumed()).isTrue();
    }

    @Test
    void aThreadThatEndsAnExchangeResumesThemAfterIt() {
        reads.suspendReads();
        reads.readReady();
        asked.clear();
        LazyReads.proceed(
                () -> {
                    reads.resumeReads();
                    reads.readReady();
                    assertThat(asked).containsExactly("suspend");
                });
        assertThat(asked).containsExactly("suspend", "resume");
        reads.readReady();
        assertThat(told).isEqualTo(1);
    }

    @Test
    void anExchangeThatEndsBadlyResumesThemToo() {
        reads.suspendReads();
        reads.readReady();
        assertThatThrownBy(
                        () ->
                                LazyReads.proceed(
                                        () -> {
                                            reads.resumeReads();
                                            throw new IllegalStateException("of a listener");
                                        }))
                .hasMessage("of a listener");
        assertThat(asked).containsExactly("suspend", "resume");
        reads.suspendReads();
        reads.readReady();
        reads.resumeReads();
        assertThat(asked).containsExactly("suspend", "resume", "suspend", "resume");
    }

    /** Notes what is asked of it; no event of its own is told. */
    private final class Socket extends AbstractStreamSourceConduit<StreamSourceConduit> {
        Socket(StreamSourceConduit pipe) {
            super(pipe);
        }

        @Override
        public void suspendReads() {
            asked.add("suspend");
            meanwhile.run();
        }

        @Override
        public void resumeReads() {
            asked.add("resume");
        }

        @Override
        public void wakeupReads() {
            asked.add("wakeup");
        }
    }
}
