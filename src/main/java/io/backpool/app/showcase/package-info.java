/** The built-in application: httpbin for httpd, and the programs that this project started from. */
@NullMarked
package io.backpool.app.showcase;

import org.jspecify.annotations.NullMarked;
