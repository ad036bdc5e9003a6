@NullMarked
package io.backpool.app;

import org.jspecify.annotations.NullMarked;
