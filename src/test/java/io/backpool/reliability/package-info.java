/**
 * The pool as a model: random operations against a real pool behind real httpds under load, and
 * after each what must hold. From outside only: processes, signals, HTTP, the command line.
 */
@NullMarked
package io.backpool.reliability;

import org.jspecify.annotations.NullMarked;
