@NullMarked
package io.backpool.pool;

import org.jspecify.annotations.NullMarked;
