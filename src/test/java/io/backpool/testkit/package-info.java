/** What integration tests share: real servers, started and stopped by the test itself. */
@NullMarked
package io.backpool.testkit;

import org.jspecify.annotations.NullMarked;
