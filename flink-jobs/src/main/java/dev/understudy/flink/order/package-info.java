/** One order of all partitions of the logs, and their watermark, by Kafka's time and the samples' own. */
@NullMarked
package dev.understudy.flink.order;

import org.jspecify.annotations.NullMarked;
