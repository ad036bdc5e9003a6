/**
 * Undertow as httpd sees it: a member's HTTP and AJP listeners and every step that a request takes
 * before the application. Is given an HttpHandler.
 */
@NullMarked
package io.backpool.server;

import org.jspecify.annotations.NullMarked;
