/**
 * Policies: distributions over actions given an observation, as graphs; and the interface that answers observations.
 */
@NullMarked
package dev.understudy.policy;

import org.jspecify.annotations.NullMarked;
