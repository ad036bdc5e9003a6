/**
 * Members that are any other program: starts it in a process group of its own, sees from outside
 * whether it is well, leaves no process of it behind.
 */
@NullMarked
package io.backpool.program;

import org.jspecify.annotations.NullMarked;
