@NullMarked
package io.backpool.observe;

import org.jspecify.annotations.NullMarked;
