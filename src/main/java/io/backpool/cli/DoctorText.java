package io.backpool.cli;

import io.backpool.doctor.Diagnosis;
import io.backpool.doctor.Explanation;
import io.backpool.doctor.Finding;
import java.io.PrintWriter;

/** What {@code doctor} says to people. */
final class DoctorText {
    private DoctorText() {}

    static void explain(Explanation meaning, PrintWriter out) {
        out.println(meaning.id() + "  " + plain(meaning.what()));
        if (!meaning.why().isEmpty()) {
            out.println("    " + meaning.why());
        }
        out.println("    Remedy: " + plain(meaning.remedy()));
    }

    private static String plain(String markdown) {
        return markdown.replace("`", "");
    }

    static void print(Diagnosis diagnosis, PrintWriter out) {
        for (Finding finding : diagnosis.findings()) {
            out.println(finding.id() + "  " + finding.where());
            out.println("    " + finding.what());
            out.println("    " + finding.why());
            out.println("    Remedy: " + finding.remedy());
            out.println();
        }
        if (!diagnosis.isHealthy()) {
            diagnosis.lookedAt().forEach(it -> out.println("Looked at " + it));
        }
        diagnosis.leftOut().forEach(it -> out.println("Did not look at " + it));
        int count = diagnosis.findings().size();
        out.println(
                count == 0
                        ? "Healthy, as far as looked: " + String.join("; ", diagnosis.lookedAt())
                        : count == 1 ? "1 finding" : count + " findings");
    }
}
