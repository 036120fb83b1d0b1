/** Policies held against the expert and against baselines, on logged steps and in closed loop. */
@NullMarked
package dev.understudy.evaluate;

import org.jspecify.annotations.NullMarked;
