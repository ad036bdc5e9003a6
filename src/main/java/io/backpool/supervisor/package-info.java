/**
 * Members that are processes: starts them, passes commands and output on, sees their end. When a
 * process starts and ends is the pool's business, what it does inside is its own.
 */
@NullMarked
package io.backpool.supervisor;

import org.jspecify.annotations.NullMarked;
