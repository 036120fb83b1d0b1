/** Behavioural cloning. */
@NullMarked
package dev.understudy.learn.cloning;

import org.jspecify.annotations.NullMarked;
