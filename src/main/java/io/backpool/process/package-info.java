/**
 * Child processes, whatever they run: their start, output and end, and what Linux tells of them in
 * {@code /proc}.
 */
@NullMarked
package io.backpool.process;

import org.jspecify.annotations.NullMarked;
