/** Candidates to verdicts, on held-out episodes. */
@NullMarked
package dev.understudy.flink.gate;

import org.jspecify.annotations.NullMarked;
