/**
 * Members as processes: spawns, watches and replaces them, and serves no application request
 * itself. Knows nothing of what a member does inside.
 */
@NullMarked
package io.backpool.supervisor;

import org.jspecify.annotations.NullMarked;
