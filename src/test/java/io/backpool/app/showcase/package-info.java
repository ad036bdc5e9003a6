@NullMarked
package io.backpool.app.showcase;

import org.jspecify.annotations.NullMarked;
