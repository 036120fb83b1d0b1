/**
 * Driving: what a car-following policy observes and does, how logs become demonstrations, and the closed loop that it
 * is tried in.
 *
 * <pre>
 * FollowingSample ─► FollowingFeaturiser ─► observation ─► policy ─► FollowingEnvelope ─► acceleration
 *                    (SampleCheck, StepGrid, UsualGap)
 *
 * held-out steps ─► CarFollowingStretches ─► LeaderReplay ─► gaps and speeds beside the logged ones ─► FollowingExamination
 *                                            (the leader as logged, a policy or a FollowingLaw behind it)
 * </pre>
 */
@NullMarked
package dev.understudy.driving;

import org.jspecify.annotations.NullMarked;
