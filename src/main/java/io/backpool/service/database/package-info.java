/** The database: a pool of connections to SQLite or PostgreSQL, and migrations. */
@NullMarked
package io.backpool.service.database;

import org.jspecify.annotations.NullMarked;
