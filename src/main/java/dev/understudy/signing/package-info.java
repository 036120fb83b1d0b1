/**
 * Signatures of models, with the means of the JDK alone: ECDSA over the curve P-256 with SHA-256, in a bundle as
 * OpenSSF Model Signing 1.0 asks for, so that other tools can verify an exported model.
 *
 * <pre>
 *     Statement (which model, and what is said of it) ── SigningKey ──► Bundle ── VerifyingKey ──► Statement
 * </pre>
 */
@NullMarked
package dev.understudy.signing;

import org.jspecify.annotations.NullMarked;
