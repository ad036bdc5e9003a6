/**
 * Members in this JVM: their listeners, and what they share, from the application to the access
 * log. Serves a whole pool, or the one member of a process of its own.
 */
@NullMarked
package io.backpool.local;

import org.jspecify.annotations.NullMarked;
