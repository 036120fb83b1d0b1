/**
 * The command line, and the whole system in one JVM.
 *
 * <pre>
 *   understudy demo:  Replay ─► EmbeddedBroker ─► LearningJob, PromotionJob (Flink's mini cluster)
 *                                    │  ▲
 *                                    ▼  │
 *                                  Serving ─► decisions ─► Observer ─► Summary
 * </pre>
 *
 * <p>{@code commands} has a class for each command; {@code demo} is the one that runs everything. Every command reads
 * its {@link dev.understudy.app.console.Settings} here, at the edge, and hands them down whole.
 */
@NullMarked
package dev.understudy.app;

import org.jspecify.annotations.NullMarked;
