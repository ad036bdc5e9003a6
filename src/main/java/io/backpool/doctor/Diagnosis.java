package io.backpool.doctor;

import java.util.List;

/**
 * What an examination came to. Immutable; holds no secret.
 *
 * @param lookedAt what was looked at, for people
 * @param leftOut what was not, and how it would be
 */
public record Diagnosis(List<String> lookedAt, List<String> leftOut, List<Finding> findings) {
    public Diagnosis {
        lookedAt = List.copyOf(lookedAt);
        leftOut = List.copyOf(leftOut);
        findings = List.copyOf(findings);
    }

    public boolean isHealthy() {
        return findings.isEmpty();
    }
}
