/**
 * Adversarial imitation: generative adversarial networks, policy optimisation on rewards (TRPO and PPO), and generative
 * adversarial imitation learning, which is both.
 */
@NullMarked
package dev.understudy.learn.adversarial;

import org.jspecify.annotations.NullMarked;
