package io.backpool.server;

/**
 * What became of one member's requests for blocking work since it was opened.
 *
 * @param limit how many of the process may work at once now; 0 without a limit
 * @param admitted began at once
 * @param queued waited, then began
 * @param shed answered 503
 */
public record AdmissionStats(int limit, long admitted, long queued, long shed) {}
