/**
 * The learning job and the promotion job: thin operators round {@code learn} and {@code evaluate}, joined to everything
 * else by topics. The packages beneath follow the way of the data:
 *
 * <pre>
 * kafka ─ logs ─ order ─ assemble ─ window ─ train ─ publish ─ kafka
 *                           │                  ▲
 *                           │                models ─ kafka
 *                           │                  ▼
 *                           └─ held out ────  gate ─ publish ─ kafka
 * </pre>
 *
 * <p>{@code count} keeps the account of what became of the records, {@code serialization} the form of what flows and of
 * what is kept.
 */
@NullMarked
package dev.understudy.flink;

import org.jspecify.annotations.NullMarked;
