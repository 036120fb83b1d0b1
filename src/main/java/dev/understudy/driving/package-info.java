/**
 * Driving: what a car-following policy observes and does, how logs become demonstrations, and the replayed leader it is
 * tried against.
 */
@NullMarked
package dev.understudy.driving;

import org.jspecify.annotations.NullMarked;
