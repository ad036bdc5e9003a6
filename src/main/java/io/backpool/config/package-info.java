/**
 * What the operator may say and how it is read: one record a room, one {@link
 * io.backpool.config.Key} a setting. Uses no other package of ours.
 */
@NullMarked
package io.backpool.config;

import org.jspecify.annotations.NullMarked;
