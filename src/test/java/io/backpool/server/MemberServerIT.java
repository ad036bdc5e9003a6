package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class MemberServerIT {
    /** It is asked before httpd is notified. */
    @Test
    void aMemberThatDoesNotServeItselfSaysSo() {
        try (var member =
                TestMember.open(
                        Map.of(), exchange -> exchange.getResponseSender().send("served"))) {
            assertThatCode(() -> member.server().checkSelf()).doesNotThrowAnyException();
            member.server().health().state(MemberState.LEAVING);
            assertThatCode(() -> member.server().checkSelf()).doesNotThrowAnyException();
            member.server().close();
            assertThatThrownBy(() -> member.server().checkSelf())
                    .isInstanceOf(ServerException.class)
                    .hasMessageStartingWith("A member does not serve itself");
        }
    }
}
