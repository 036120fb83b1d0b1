/** Records of log topics, decoded, or turned aside as dead letters. */
@NullMarked
package dev.understudy.flink.logs;

import org.jspecify.annotations.NullMarked;
