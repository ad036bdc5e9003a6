/**
 * Runs an application as a member of the pool inside a test: real HTTP, limits and problem
 * documents; services in memory, and a clock that the test moves.
 */
@NullMarked
package io.backpool.app.testkit;

import org.jspecify.annotations.NullMarked;
