/** Samples of each entity to steps of demonstrations. */
@NullMarked
package dev.understudy.flink.assemble;

import org.jspecify.annotations.NullMarked;
