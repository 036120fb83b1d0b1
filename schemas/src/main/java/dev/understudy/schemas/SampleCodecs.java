package dev.understudy.schemas;

import dev.understudy.control.ControlStep;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Sample;
import dev.understudy.domain.SampleCodec;
import dev.understudy.driving.FollowingSample;
import java.util.Map;
import java.util.function.Function;

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
    public static <S extends Sample> SampleCodec<S> of(Class<S> type) {
        Codec<S> codec = codec(type);
        return sampleCodec(codec, codec::decode);
    }

    /**
     * Returns the same for bytes that were decoded once before: their fields are not checked again, so that a state
     * that another release wrote can be read.
     */
    public static <S extends Sample> SampleCodec<S> ofState(Class<S> type) {
        Codec<S> codec = codec(type);
        return sampleCodec(codec, codec::restore);
    }

    @SuppressWarnings("unchecked") // the map has each class with its codec
    private static <S extends Sample> Codec<S> codec(Class<S> type) {
        Codec<S> codec = (Codec<S>) CODECS.get(type);
        if (codec == null) {
            throw new IllegalArgumentException("expected samples of %s, got %s".formatted(CODECS.keySet(), type));
        }
        return codec;
    }

    private static <S extends Sample> SampleCodec<S> sampleCodec(Codec<S> codec, Function<byte[], S> decode) {
        return new SampleCodec<>() {
            @Override
            public byte[] encode(S sample) {
                return codec.encode(sample);
            }

            @Override
            public S decode(byte[] bytes) {
                return decode.apply(bytes);
            }
        };
    }
}
