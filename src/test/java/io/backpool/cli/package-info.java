@NullMarked
package io.backpool.cli;

import org.jspecify.annotations.NullMarked;
