/** Windows to candidates, in slices between which checkpoints and records pass. */
@NullMarked
package dev.understudy.flink.train;

import org.jspecify.annotations.NullMarked;
