/**
 * Doors of a serving instance for programs that speak HTTP. A request becomes observations on the topic of its domain,
 * and its answer is the decision on the last of them: nothing goes past the topics, the envelope or the stamps.
 *
 * <pre>
 * request ──► HttpDoor ──► Api (ChatCompletions) ──► LiveDecisions ──► observations ──► serving ──► decisions
 *                                │                        ▲                                             │
 * response ◄─────────────────────┘                        └─────────────────────────────────────────────┘
 * </pre>
 */
@NullMarked
package dev.understudy.app.http;

import org.jspecify.annotations.NullMarked;
