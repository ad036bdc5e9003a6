package io.backpool.doctor;

/**
 * One thing that is wrong, for a person at night. Immutable; holds no secret.
 *
 * @param id stable, what scripts and the table in operations.md know it by
 * @param where file:line of httpd's configuration, a URL, or a line of a log
 * @param what was found
 * @param why it matters, one sentence
 * @param remedy the directive or command that ends it
 */
public record Finding(String id, String where, String what, String why, String remedy) {}
