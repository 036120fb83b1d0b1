package dev.understudy.schemas;

import java.io.Serializable;

/**
 * How a program signs what it sends to the {@code models} topics, and whose signatures it trusts.
 *
 * @param signer of what it sends
 * @param trust in what it reads
 */
public record Signing(RecordSigner signer, Trust trust) implements Serializable {
    /** Nothing is signed, nothing is verified. */
    public static final Signing NONE = new Signing(RecordSigner.NONE, Trust.NONE);
}
