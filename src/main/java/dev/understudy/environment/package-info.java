/** What answers an action: environments to roll a policy out in, and dynamics that a gradient can pass through. */
@NullMarked
package dev.understudy.environment;

import org.jspecify.annotations.NullMarked;
