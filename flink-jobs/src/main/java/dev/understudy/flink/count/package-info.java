/** How many records there were, and what became of them. */
@NullMarked
package dev.understudy.flink.count;

import org.jspecify.annotations.NullMarked;
