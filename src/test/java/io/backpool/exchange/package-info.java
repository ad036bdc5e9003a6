@NullMarked
package io.backpool.exchange;

import org.jspecify.annotations.NullMarked;
