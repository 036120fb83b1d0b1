/** Where the jobs read from Kafka and write to it, and how they run. */
@NullMarked
package dev.understudy.flink.kafka;

import org.jspecify.annotations.NullMarked;
