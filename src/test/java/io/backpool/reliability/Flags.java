package io.backpool.reliability;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import java.nio.file.Path;

/** Which options the jar under test knows: operations that need others are left out. */
record Flags(boolean without, boolean canary, boolean force) {
    static Flags ofJar() {
        String restart = help("restart");
        return new Flags(
                restart.contains("--without"),
                restart.contains("--to") && restart.contains("--back"),
                help("drain").contains("--force"));
    }

    private static String help(String command) {
        return Command.run(Path.of("."), Backend.command(command, "--help")).output();
    }
}
