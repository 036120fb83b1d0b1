/** Steps to windows of event time, of each policy. */
@NullMarked
package dev.understudy.flink.window;

import org.jspecify.annotations.NullMarked;
