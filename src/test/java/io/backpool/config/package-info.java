@NullMarked
package io.backpool.config;

import org.jspecify.annotations.NullMarked;
