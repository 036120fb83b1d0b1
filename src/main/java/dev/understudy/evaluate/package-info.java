/**
 * How good a policy is: beside the expert and beside baselines, on logged steps and in closed loop. The rules by which
 * a candidate is promoted.
 *
 * <pre>
 * Scores of the candidate, of the model in service, of the best ever ─► Evidence ─┐
 * ErrorBudget: what a comparison may risk ────────────────────────────────────────┴─► Rule ─► Verdict
 *                                                                    (PairedBootstrap)
 * logged steps ─► OpenLoop ─► OpenLoopReport
 * windows, before they are learned ─► PrequentialScore
 * </pre>
 */
@NullMarked
package dev.understudy.evaluate;

import org.jspecify.annotations.NullMarked;
