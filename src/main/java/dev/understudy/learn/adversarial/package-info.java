/**
 * Adversarial imitation: generative adversarial networks, policy optimisation on rewards (TRPO and PPO), generative
 * adversarial imitation learning, which is both, and adversarial inverse reinforcement learning, which also recovers
 * the reward.
 */
@NullMarked
package dev.understudy.learn.adversarial;

import org.jspecify.annotations.NullMarked;
