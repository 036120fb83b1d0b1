/**
 * What a domain has to supply, so that the pipeline need not know it: its records, what a policy observes of them, what
 * the expert did, and how candidates are tried. A {@code PolicySpec} is the table of contents.
 *
 * <pre>
 *                     ┌─► Featuriser ─► observation ─┐
 * Sample ─► Assembler ┤                              ├─► Step ─┬─► windows to learn from
 *                     └─► Labeller ───► action ──────┘         └─► held out ─► Examination ─► Scores
 *
 * policy's action ─► Envelope ─► what is done
 * </pre>
 */
@NullMarked
package dev.understudy.domain;

import org.jspecify.annotations.NullMarked;
