package dev.understudy.model;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Where a model comes from, and how to check that it still is what was trained. It travels inside the ONNX file, as its
 * metadata properties, under keys that begin with {@code understudy.}.
 *
 * @param policy name of the policy, such as {@code driving/car-following}
 * @param parentSha256 hash of the model it was trained on from, lower-case hexadecimal; empty if there was none
 * @param windowStartMs start of the window it learned, event time in milliseconds since 1970
 * @param windowEndMs end of that window, exclusive
 * @param sourceRanges what it has read, each as {@code topic-partition@from-to}
 * @param seed what every draw of the training followed from
 * @param fingerprint of the observation and action layout ({@code CarFollowing.fingerprint()})
 * @param reportJson the training report, one JSON object
 * @param goldenObservations {@code [rows, n]}, at least one row
 * @param goldenActions what output {@code action} gives for them, {@code [rows, k]}
 * @param codeVersion version of the code that trained it
 * @param dataLicence licence of the demonstrations
 * @param extra anything else by name, such as the calibrated parameters of a baseline under {@code baseline.idm}
 */
public record ModelMetadata(
        String policy,
        String parentSha256,
        long windowStartMs,
        long windowEndMs,
        List<String> sourceRanges,
        long seed,
        String fingerprint,
        String reportJson,
        Rows goldenObservations,
        Matrix goldenActions,
        String codeVersion,
        String dataLicence,
        SortedMap<String, String> extra) {

    /** Key in {@link #extra} of the algorithm that learned it; absent in older files, which were all cloned. */
    public static final String ALGORITHM = "algorithm";

    /** Key in {@link #extra} of what the model is; absent from a policy. */
    public static final String KIND = "kind";

    /** The kind of a model that says how much a step is worth. */
    public static final String REWARD = "reward";

    private static final String POLICY = "policy";

    /** Value of {@link #dataLicence} if nobody gave one. */
    public static final String UNKNOWN_LICENCE = "unknown";

    private static final String PREFIX = "understudy.";
    private static final String EXTRA = PREFIX + "extra.";
    private static final String BYTES = "uint8 ";
    /** Files of format 1 have no seal, and golden actions only. */
    private static final int FORMAT = 2;

    /**
     * Key of the seal: the SHA-256 of the file without it, by which a file shows that it was not changed by accident.
     * Whoever changes a file on purpose can seal it again.
     */
    static final String SEAL = PREFIX + "seal";

    private static final Set<String> KEYS = Set.of(
            "format",
            POLICY,
            "parent",
            "windowStartMs",
            "windowEndMs",
            "sources",
            "seed",
            "fingerprint",
            "report",
            "golden.observations",
            "golden.actions",
            "codeVersion",
            "dataLicence",
            "seal");

    public ModelMetadata {
        sourceRanges = List.copyOf(sourceRanges);
        extra = Collections.unmodifiableSortedMap(new TreeMap<>(extra));
        if (goldenObservations.rows() < 1 || goldenObservations.rows() != goldenActions.rows()) {
            throw new IllegalArgumentException(
                    "expected as many golden actions as observations, at least 1, got %d and %d"
                            .formatted(goldenActions.rows(), goldenObservations.rows()));
        }
    }

    /** Returns the metadata of a model that nobody described; n and k are the lengths of observations and actions. */
    static ModelMetadata unknown(int n, int k) {
        return new ModelMetadata(
                "",
                "",
                0,
                0,
                List.of(),
                0,
                "",
                "{}",
                new Matrix(1, n, new float[n]),
                new Matrix(1, k, new float[k]),
                "",
                UNKNOWN_LICENCE,
                new TreeMap<>());
    }

    /**
     * Checks what the model is.
     *
     * @throws InvalidModelException if it is no policy
     */
    void requirePolicy() {
        requireKind(POLICY);
    }

    /**
     * Checks what the model is.
     *
     * @throws InvalidModelException if it is no reward
     */
    void requireReward() {
        requireKind(REWARD);
    }

    private void requireKind(String expected) {
        String found = extra.getOrDefault(KIND, POLICY);
        if (!found.equals(expected)) {
            throw new InvalidModelException("expected a %s of %s, got a %s".formatted(expected, policy, found));
        }
    }

    /** Returns these metadata with other extra properties. */
    public ModelMetadata withExtra(Map<String, String> replacement) {
        return new ModelMetadata(
                policy,
                parentSha256,
                windowStartMs,
                windowEndMs,
                sourceRanges,
                seed,
                fingerprint,
                reportJson,
                goldenObservations,
                goldenActions,
                codeVersion,
                dataLicence,
                new TreeMap<>(replacement));
    }

    /** Returns these metadata with other golden actions. */
    ModelMetadata withGoldenActions(Matrix replacement) {
        return with(replacement, extra);
    }

    /** Returns these metadata with more of {@link #extra}, in the place of what has the same name. */
    public ModelMetadata with(Map<String, String> more) {
        SortedMap<String, String> all = new TreeMap<>(extra);
        all.putAll(more);
        return with(goldenActions, all);
    }

    private ModelMetadata with(Matrix golden, SortedMap<String, String> newExtra) {
        return new ModelMetadata(
                policy,
                parentSha256,
                windowStartMs,
                windowEndMs,
                sourceRanges,
                seed,
                fingerprint,
                reportJson,
                goldenObservations,
                golden,
                codeVersion,
                dataLicence,
                newExtra);
    }

    /** Returns the properties to write into the file, by key. */
    SortedMap<String, String> toProperties() {
        SortedMap<String, String> properties = new TreeMap<>();
        properties.put(PREFIX + "format", Integer.toString(FORMAT));
        properties.put(PREFIX + "policy", policy);
        properties.put(PREFIX + "parent", parentSha256);
        properties.put(PREFIX + "windowStartMs", Long.toString(windowStartMs));
        properties.put(PREFIX + "windowEndMs", Long.toString(windowEndMs));
        properties.put(PREFIX + "sources", String.join("\n", sourceRanges));
        properties.put(PREFIX + "seed", Long.toString(seed));
        properties.put(PREFIX + "fingerprint", fingerprint);
        properties.put(PREFIX + "report", reportJson);
        properties.put(PREFIX + "golden.observations", encode(goldenObservations));
        properties.put(PREFIX + "golden.actions", encode(goldenActions));
        properties.put(PREFIX + "codeVersion", codeVersion);
        properties.put(PREFIX + "dataLicence", dataLicence);
        extra.forEach((key, value) -> properties.put(EXTRA + key, value));
        return properties;
    }

    /**
     * Reads what {@link #toProperties} wrote, in this version or one before.
     *
     * @throws InvalidModelException naming the property that is missing, malformed or unknown
     */
    static ModelMetadata fromProperties(Map<String, String> properties) {
        long format = number(properties, "format");
        if (format < 1 || format > FORMAT || (format > 1 && !properties.containsKey(SEAL))) {
            throw new InvalidModelException(
                    "expected %sformat = 1, or up to %d with %s, in the model's metadata, got %d"
                            .formatted(PREFIX, FORMAT, SEAL, format));
        }
        properties.keySet().forEach(ModelMetadata::known);
        String sources = text(properties, "sources");
        SortedMap<String, String> extra = new TreeMap<>();
        properties.forEach((key, value) -> {
            if (key.startsWith(EXTRA)) {
                extra.put(key.substring(EXTRA.length()), value);
            }
        });
        Rows observations = rows(text(properties, "golden.observations"), PREFIX + "golden.observations");
        Matrix actions = matrix(text(properties, "golden.actions"), PREFIX + "golden.actions");
        if (observations.rows() < 1 || observations.rows() != actions.rows()) {
            throw new InvalidModelException("expected as many golden actions as observations, at least 1, got %d and %d"
                    .formatted(actions.rows(), observations.rows()));
        }
        return new ModelMetadata(
                text(properties, "policy"),
                text(properties, "parent"),
                number(properties, "windowStartMs"),
                number(properties, "windowEndMs"),
                sources.isEmpty() ? List.of() : List.of(sources.split("\n", -1)),
                number(properties, "seed"),
                text(properties, "fingerprint"),
                text(properties, "report"),
                observations,
                actions,
                text(properties, "codeVersion"),
                text(properties, "dataLicence"),
                extra);
    }

    private static String text(Map<String, String> properties, String name) {
        String value = properties.get(PREFIX + name);
        if (value == null) {
            throw new InvalidModelException("expected %s in the model's metadata, found %s"
                    .formatted(PREFIX + name, new TreeMap<>(properties).keySet()));
        }
        return value;
    }

    private static long number(Map<String, String> properties, String name) {
        String value = text(properties, name);
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new InvalidModelException(
                    "expected a whole number in %s%s of the model's metadata, got '%s'".formatted(PREFIX, name, value),
                    e);
        }
    }

    /**
     * Rows, a space, columns, a space, then the big-endian floats in Base64; uint8 and a space before that for bytes.
     */
    static String encode(Rows rows) {
        if (rows instanceof ByteRows bytes) {
            return BYTES + encode(rows, bytes.values());
        }
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * rows.floats().length);
        bytes.asFloatBuffer().put(rows.floats());
        return encode(rows, bytes.array());
    }

    private static String encode(Rows rows, byte[] elements) {
        return "%d %d %s"
                .formatted(rows.rows(), rows.columns(), Base64.getEncoder().encodeToString(elements));
    }

    /** Reads numbers that {@link #encode} wrote. */
    static Matrix matrix(String text, String key) {
        if (rows(text, key) instanceof Matrix numbers) {
            return numbers;
        }
        throw new InvalidModelException("expected numbers in %s of the model's metadata, got bytes".formatted(key));
    }

    private static Rows rows(String text, String key) {
        boolean isBytes = text.startsWith(BYTES);
        String[] parts = text.substring(isBytes ? BYTES.length() : 0).split(" ", -1);
        try {
            byte[] bytes = Base64.getDecoder().decode(parts[2]);
            int rows = Integer.parseInt(parts[0]);
            int columns = Integer.parseInt(parts[1]);
            Math.multiplyExact(rows, columns);
            if (isBytes) {
                return new ByteRows(rows, columns, bytes);
            }
            float[] values = new float[bytes.length / Float.BYTES];
            ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
            return new Matrix(rows, columns, values);
        } catch (IllegalArgumentException | ArithmeticException | ArrayIndexOutOfBoundsException e) {
            throw new InvalidModelException(
                    "expected 'rows columns base64' or 'uint8 rows columns base64' in %s of the model's metadata: %s"
                            .formatted(key, e.getMessage()),
                    e);
        }
    }

    private static void known(String key) {
        boolean known =
                key.startsWith(EXTRA) || (key.startsWith(PREFIX) && KEYS.contains(key.substring(PREFIX.length())));
        if (!known) {
            throw new InvalidModelException("expected properties %s* and %s of %s in the model's metadata, got %s"
                    .formatted(EXTRA, PREFIX, new TreeSet<>(KEYS), key));
        }
    }
}
