package io.backpool.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Page;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The table of settings in reference.md is what the keys say. */
class SettingsTableTest {
    private static final String BEGIN =
            "<!-- settings: printed from the keys; SettingsTableTest holds it -->\n";
    private static final String END = "<!-- /settings -->";

    @Test
    void theReferenceHasEverySetting() throws IOException {
        assertThat(Page.between("reference.md", BEGIN, END)).isEqualTo(table());
    }

    private static String table() {
        var table = new StringBuilder("| Key | Default | What it is |\n|---|---|---|\n");
        for (Key<?> key : Keys.ALL) {
            table.append("| `")
                    .append(key.name())
                    .append("` | ")
                    .append(key.defaultText() == null ? "" : "`" + key.defaultText() + "`")
                    .append(" | ")
                    .append(key.help().replace("|", "\\|"))
                    .append(" |\n");
        }
        return table.toString();
    }
}
