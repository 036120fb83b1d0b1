/**
 * The learning job and the promotion job: thin operators round {@code learning}, joined to everything else by topics.
 *
 * <pre>
 * logs ─ decode ─ order ─ assemble per vehicle ─ windows per policy ─ train in slices ─ artefacts, candidates, reports
 *           │                │                                            ▲
 *       dead letters         └ late, held out, rejected: counted          └ promotions, artefacts
 *
 * logs ─ decode ─ order ─ assemble held-out trips ─┐
 * candidates, artefacts, promotions ───────────────┴ gate per policy ─ history, promotions
 * </pre>
 */
@NullMarked
package dev.understudy.flink;

import org.jspecify.annotations.NullMarked;
