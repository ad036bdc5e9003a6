/** Sessions that outlive the member that made them: Undertow's SessionManager on Redis. */
@NullMarked
package io.backpool.service.session;

import org.jspecify.annotations.NullMarked;
