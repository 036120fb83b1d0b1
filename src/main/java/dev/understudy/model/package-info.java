/**
 * The model file: its metadata, the check before anything trusts it, and the slot where it replaces an older model.
 *
 * <pre>
 * ONNX bytes + ModelMetadata ─► ModelFile ─► IntakeCheck ─┬─► refused, with the reason
 *                                            │   ▲         └─► LoadedPolicy ─► ModelSlot ─► lease ─► actions
 *                                            ▼   │ passed
 *                                FirstSight: CheckProcess
 * </pre>
 */
@NullMarked
package dev.understudy.model;

import org.jspecify.annotations.NullMarked;
