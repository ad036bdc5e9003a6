package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.ServerProcess;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;

/** The examples for containers, as far as they can be read without an engine. */
class ContainersIT {
    private static final Path EXAMPLES = Path.of("src/examples/containers").toAbsolutePath();

    private static final Path SETTINGS = EXAMPLES.resolve("backend.yaml");

    /** As in {@code src/image}. */
    private static final long GROUP = 10_001;

    /** Of pool.drain-timeout. */
    private static final long DRAIN_SECONDS = 30;

    /** Refuses what a type has no field for; the types themselves keep it. */
    private static final ObjectMapper STRICT =
            JsonMapper.builder()
                    .annotationIntrospector(new KnownFieldsOnly())
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build();

    @TempDir Path directory;

    private static final class KnownFieldsOnly extends JacksonAnnotationIntrospector {
        private static final long serialVersionUID = 1;

        @Override
        public Boolean hasAnySetter(MapperConfig<?> config, Annotated annotated) {
            return false;
        }
    }

    @Test
    void composeReadsItsFile() {
        Command read =
                Command.run(
                        EXAMPLES,
                        Map.of("BACKPOOL_VERSION", "1"),
                        List.of(ServerProcess.program("docker-compose"), "config"));
        assertThat(read.exit()).as(read.output()).isZero();
        assertThat(read.output()).contains("network_mode: service:httpd", "read_only: true");
    }

    @Test
    void whatIsForKubernetesIsMadeOfItsOwnTypes() throws IOException {
        Map<Object, Object> parts = kubernetes();
        assertThat(parts).containsOnlyKeys("Deployment", "Service", "PodDisruptionBudget");
        PodSpec pod =
                STRICT.convertValue(parts.get("Deployment"), Deployment.class)
                        .getSpec()
                        .getTemplate()
                        .getSpec();
        Container pool = pod.getContainers().get(0);
        Container httpd = pod.getInitContainers().get(0);
        assertThat(httpd.getRestartPolicy()).isEqualTo("Always");
        assertThat(httpd.getReadinessProbe().getHttpGet().getPath()).isEqualTo("/health/ready");
        assertThat(pool.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
        assertThat(pod.getSecurityContext().getFsGroup()).isEqualTo(GROUP);
        assertThat(pod.getTerminationGracePeriodSeconds()).isGreaterThan(DRAIN_SECONDS);
        Service service = STRICT.convertValue(parts.get("Service"), Service.class);
        assertThat(service.getSpec().getPorts().get(0).getTargetPort().getStrVal())
                .isEqualTo(httpd.getPorts().get(0).getName());
        assertThat(
                        STRICT.convertValue(
                                        parts.get("PodDisruptionBudget"), PodDisruptionBudget.class)
                                .getSpec()
                                .getMinAvailable()
                                .getIntVal())
                .isEqualTo(1);
    }

    /** What an engine would do with them is not tried: none runs here. */
    @Test
    void theSettingsAreTakenAndTheirConfigurationNamesItsModules() throws IOException {
        assertThat(run("check", "--config=" + SETTINGS).exit()).isZero();
        Command printed = run("conf", "apache", "--config=" + SETTINGS);
        assertThat(printed.exit()).isZero();
        assertThat(printed.output()).containsPattern("(?m)^# *a2enmod .*proxy_balancer");
        assertThat(Files.readString(EXAMPLES.resolve("httpd/Dockerfile")))
                .contains("s/^# *a2enmod //p");
    }

    private Command run(String... command) {
        return Command.run(directory, Backend.command(command));
    }

    private static Map<Object, Object> kubernetes() throws IOException {
        String text = Files.readString(EXAMPLES.resolve("kubernetes.yaml"));
        return StreamSupport.stream(
                        new Load(LoadSettings.builder().build())
                                .loadAllFromString(text)
                                .spliterator(),
                        false)
                .map(part -> (Map<?, ?>) part)
                .collect(Collectors.toMap(part -> part.get("kind"), Function.identity()));
    }
}
