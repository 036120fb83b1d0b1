/** What every learner has in common: its state, its resumable update and its report. */
@NullMarked
package dev.understudy.learn;

import org.jspecify.annotations.NullMarked;
