package io.backpool.reliability;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import java.nio.file.Path;

/**
 * What the jar under test knows and the machine allows: operations that need more are left out.
 *
 * @param mount whether a small disk may be mounted, to fill it
 */
record Flags(boolean without, boolean canary, boolean force, boolean mount) {
    static Flags ofJar() {
        String restart = help("restart");
        return new Flags(
                restart.contains("--without"),
                restart.contains("--to") && restart.contains("--back"),
                help("drain").contains("--force"),
                isRoot());
    }

    private static boolean isRoot() {
        boolean root = System.getProperty("user.name").equals("root");
        if (!root) {
            Soak.say("Not root: no disk can be mounted, so none is ever full");
        }
        return root;
    }

    private static String help(String command) {
        return Command.run(Path.of("."), Backend.command(command, "--help")).output();
    }
}
