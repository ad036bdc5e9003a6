package io.backpool.supervisor;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.config.ConfigSnapshot;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which settings another process of the pool can go on with. */
class NextProcessTest {
    private final NextProcess next =
            new NextProcess(settings(Map.of()).readSettings(), List.of("serve"));

    @Test
    void otherPortsOfMembersAreTakenUp() {
        assertThatCode(() -> next.check(launch(Map.of("BACKPOOL_POOL_HTTP_PORT", "9081"), null)))
                .doesNotThrowAnyException();
    }

    @Test
    void theCommandMustReachTheNewProcessWhereItReachedTheOldOne() {
        assertThatThrownBy(() -> next.check(launch(Map.of("BACKPOOL_ADMIN_PORT", "9991"), null)))
                .hasMessageContaining("admin.port needs a stop and a start");
    }

    @Test
    void theMembersMustStayProcessesOfOurs() {
        assertThatThrownBy(
                        () -> next.check(launch(Map.of("BACKPOOL_POOL_PROCESSES", "false"), null)))
                .hasMessageContaining("pool.processes: false");
    }

    @Test
    void anApplicationThatTheSettingsDoNotNameWouldBeLost() {
        assertThatThrownBy(() -> next.check(launch(Map.of(), Path.of("/new/app.jar"))))
                .hasMessageContaining("set app.jar to /new/app.jar first");
    }

    private static Launch launch(Map<String, String> variables, @Nullable Path instead) {
        var version = new Version("1", null);
        return new Launch(List.of(), "", null, null, version, settings(variables), instead);
    }

    private static ConfigSnapshot settings(Map<String, String> variables) {
        Map<String, String> all = new HashMap<>(Map.of("BACKPOOL_POOL_PROCESSES", "true"));
        all.putAll(variables);
        return ConfigSnapshot.take(null, all, Map.of());
    }
}
