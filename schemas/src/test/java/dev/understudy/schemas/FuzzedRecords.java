package dev.understudy.schemas;

import java.util.List;

/** A target of {@code benchmarks/fuzz-decoders}: any bytes as the value or key of a record of any topic. */
public final class FuzzedRecords {
    private static final List<Codec<?>> CODECS = List.of(
            Codecs.FOLLOWING,
            Codecs.CONTROL_STEP,
            Codecs.TURN,
            Codecs.DECISION,
            Codecs.ROLLOUT,
            Codecs.CANDIDATE,
            Codecs.PROMOTION,
            Codecs.TRAINING_RECORD,
            Codecs.ACKNOWLEDGEMENT,
            Codecs.DEAD_LETTER,
            Codecs.MANIFEST);

    private FuzzedRecords() {}

    /** Decodes; anything but the exception that is declared is a bug. */
    public static void fuzzerTestOneInput(byte[] bytes) {
        for (Codec<?> codec : CODECS) {
            try {
                codec.decode(bytes);
            } catch (UndecodableException e) {
                // as declared
            }
        }
        try {
            UnderstudySerdes.artifactKey().deserializer().deserialize(Topics.ARTIFACTS, bytes);
        } catch (UndecodableException e) {
            // as declared
        }
    }
}
