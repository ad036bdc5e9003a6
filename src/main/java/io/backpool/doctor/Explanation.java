package io.backpool.doctor;

/**
 * What a finding means in general. Immutable. {@code what} and {@code remedy} have code in
 * Markdown's backticks.
 *
 * @param id of the finding
 * @param what is wrong
 * @param why it matters; empty for codes of httpd's error log: the line itself says what failed
 * @param remedy what ends it
 */
public record Explanation(String id, String what, String why, String remedy) {}
