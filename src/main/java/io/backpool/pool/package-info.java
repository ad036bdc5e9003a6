/**
 * The pool: introduces members, application and observers to each other, and takes them down in
 * reverse.
 */
@NullMarked
package io.backpool.pool;

import org.jspecify.annotations.NullMarked;
