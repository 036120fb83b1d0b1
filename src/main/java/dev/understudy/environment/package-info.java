/**
 * What answers an action: environments to roll a policy out in, and dynamics that a gradient can pass through.
 *
 * <pre>
 * Environments.named -&gt; Task -&gt; Environment --+
 *                                             +-&gt; RolloutCollector -&gt; Rollout
 * policy -&gt; Behaviour ------------------------+
 * </pre>
 */
@NullMarked
package dev.understudy.environment;

import org.jspecify.annotations.NullMarked;
