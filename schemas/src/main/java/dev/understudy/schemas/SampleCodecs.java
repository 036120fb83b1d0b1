package dev.understudy.schemas;

import dev.understudy.control.ControlStep;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Sample;
import dev.understudy.domain.SampleCodec;
import dev.understudy.driving.FollowingSample;
import java.util.Map;

/** How the samples of each domain lie on the wire. */
public final class SampleCodecs {
    private static final Map<Class<? extends Sample>, Codec<? extends Sample>> CODECS = Map.of(
            FollowingSample.class, Codecs.FOLLOWING,
            ControlStep.class, Codecs.CONTROL_STEP,
            Turn.class, Codecs.TURN);

    private SampleCodecs() {}

    /** Returns a sample as it lies on the wire. */
    public static <S extends Sample> byte[] encode(S sample) {
        @SuppressWarnings("unchecked") // an object is of its own class
        Class<S> type = (Class<S>) sample.getClass();
        return of(type).encode(sample);
    }

    /**
     * Returns the codec of a kind of samples; what it cannot read is an {@link UndecodableException}.
     *
     * @throws IllegalArgumentException naming those there are, if there is none for these
     */
    @SuppressWarnings("unchecked") // the map has each class with its codec
    public static <S extends Sample> SampleCodec<S> of(Class<S> type) {
        Codec<S> codec = (Codec<S>) CODECS.get(type);
        if (codec == null) {
            throw new IllegalArgumentException("expected samples of %s, got %s".formatted(CODECS.keySet(), type));
        }
        return new SampleCodec<>() {
            @Override
            public byte[] encode(S sample) {
                return codec.encode(sample);
            }

            @Override
            public S decode(byte[] bytes) {
                return codec.decode(bytes);
            }
        };
    }
}
