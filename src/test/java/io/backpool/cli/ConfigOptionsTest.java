package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.config.BalancerConfig;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** What the command line says becomes the configuration. */
class ConfigOptionsTest {
    @Test
    void theFlagOfABalancerMayBeRepeated() {
        CommandSpec command = CommandSpec.create();
        ConfigOptions.addTo(command);
        new CommandLine(command)
                .parseArgs(
                        "--balancer",
                        "http://a/bm,membership=join",
                        "--http-port",
                        "7001",
                        "--balancer",
                        "http://b/bm");
        assertThat(ConfigOptions.read(command).balancers())
                .extracting(BalancerConfig::manager)
                .extracting(Object::toString)
                .containsExactly("http://a/bm", "http://b/bm");
    }
}
