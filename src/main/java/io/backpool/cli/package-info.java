/** The command line: one class a command. */
@NullMarked
package io.backpool.cli;

import org.jspecify.annotations.NullMarked;
