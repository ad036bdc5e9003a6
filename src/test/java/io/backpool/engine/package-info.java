@NullMarked
package io.backpool.engine;

import org.jspecify.annotations.NullMarked;
