package dev.understudy.ingest;

import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What a mapping file can say about a sample. */
enum Field {
    VEHICLE("vehicle"),
    TRIP("trip"),
    SEQUENCE("sequence"),
    TIME("time"),
    ACTOR("actor"),
    LABEL("label"),
    ENGAGED("engaged"),
    SPEED("speed"),
    GAP("gap"),
    LEADER_SPEED("leaderSpeed");

    /** The unit of a time that is text. */
    static final String ISO_8601 = "ISO-8601";

    /** The unit of a time that is counted in frames, whose rate the mapping says. */
    static final String FRAME = "frame";

    private static final Map<String, Double> MILLISECONDS = Map.of("s", 1e3, "ms", 1.0, "us", 1e-3, "ns", 1e-6);
    private static final Map<String, Double> METERS = Map.of("m", 1.0, "ft", 0.3048, "km", 1e3);
    private static final Map<String, Double> METERS_PER_SECOND =
            Map.of("m/s", 1.0, "km/h", 1 / 3.6, "mph", 0.44704, "ft/s", 0.3048, "kn", 1852 / 3600.0);

    private final String word;

    Field(String word) {
        this.word = word;
    }

    /** Its name in a mapping file. */
    String word() {
        return word;
    }

    /** Factors from each unit to SI, of a time to milliseconds; empty for text. */
    Map<String, Double> units() {
        return switch (this) {
            case TIME -> MILLISECONDS;
            case GAP -> METERS;
            case SPEED, LEADER_SPEED -> METERS_PER_SECOND;
            case VEHICLE, TRIP, SEQUENCE, ACTOR, LABEL, ENGAGED -> Map.of();
        };
    }

    static Optional<Field> of(String word) {
        return Stream.of(values()).filter(field -> field.word.equals(word)).findFirst();
    }
}
