/**
 * Rewards that are learned: a discriminator between the expert and what is generated, and the forms a reward takes from
 * it.
 */
@NullMarked
package dev.understudy.reward;

import org.jspecify.annotations.NullMarked;
