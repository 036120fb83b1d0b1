/** Candidates, verdicts, reports and dead letters as records of their topics. */
@NullMarked
package dev.understudy.flink.publish;

import org.jspecify.annotations.NullMarked;
