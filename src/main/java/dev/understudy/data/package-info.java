/** What learners read: observations, actions, trajectories, and the reservoir that replays old ones. */
@NullMarked
package dev.understudy.data;

import org.jspecify.annotations.NullMarked;
