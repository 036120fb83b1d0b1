package dev.understudy.domain;

/**
 * Turns samples into their bytes on the wire and back.
 *
 * @param <S> the samples of a domain
 */
public interface SampleCodec<S extends Sample> {
    /** Returns a sample as bytes. */
    byte[] encode(S sample);

    /**
     * Returns the sample that bytes stand for; throws an unchecked exception that says what was expected if there is
     * none.
     */
    S decode(byte[] bytes);
}
