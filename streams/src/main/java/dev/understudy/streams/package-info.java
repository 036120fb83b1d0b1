/**
 * Serving: a Kafka Streams topology that answers live observations with the policies in service.
 *
 * <pre>
 * models.artifacts.v1 ──► global store ──┐
 * models.history.v1 ────► global store ──┤
 * models.promotions.v1 ─► global store ──┴► PolicyDirectories: assemble, check, load, warm up ──► a ModelSlot for each
 *                                                       └──► models.acks.v1                       │ lease by event time
 * driving.observations.v1 ──► DecisionProcessor: wait for a batch ──► features ──► policy ──► envelope ──► driving.decisions.v1
 *                                     ├──► driving.rollouts.v1, if asked for
 *                                     └──► dead-letters.v1
 * </pre>
 */
@NullMarked
package dev.understudy.streams;

import org.jspecify.annotations.NullMarked;
