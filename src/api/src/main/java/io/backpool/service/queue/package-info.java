/**
 * The queue: durable, at least once, with states that anyone may ask for. In a SQLite file that all
 * processes of a host share, in RabbitMQ or in Kafka.
 */
@NullMarked
package io.backpool.service.queue;

import org.jspecify.annotations.NullMarked;
