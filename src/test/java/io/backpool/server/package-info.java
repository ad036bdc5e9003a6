@NullMarked
package io.backpool.server;

import org.jspecify.annotations.NullMarked;
