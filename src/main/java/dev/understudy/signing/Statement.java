package dev.understudy.signing;

import dev.understudy.json.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is signed: which model file, and what is said of it. An in-toto statement of version 1 with the predicate
 * {@code https://model_signing/signature/v1.0} of OpenSSF Model Signing 1.0. That lets a predicate have more than its
 * own parts; the claims are such a part, {@code understudy}, which other tools pass over.
 *
 * @param name of the model, such as its policy
 * @param sha256 of the model file, 64 hex digits in lower case
 * @param claims what is said of it, by name
 */
public record Statement(String name, String sha256, SortedMap<String, String> claims) {
    private static final String TYPE = "https://in-toto.io/Statement/v1";
    private static final String PREDICATE = "https://model_signing/signature/v1.0";
    private static final String CLAIMS = "understudy";

    /** @throws IllegalArgumentException if the hash is none */
    public Statement {
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("expected a SHA-256 of 64 hex digits in lower case, found \"%s\""
                    .formatted(sha256.length() > 80 ? sha256.substring(0, 80) + "..." : sha256));
        }
        claims = Collections.unmodifiableSortedMap(new TreeMap<>(claims));
    }

    /** Returns the SHA-256 of bytes, 64 hex digits in lower case. */
    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("expected every Java platform to have SHA-256", e);
        }
    }

    /** Returns the hash of the hashes of all files of the model, of which there is one. */
    private String rootDigest() {
        return sha256(HexFormat.of().parseHex(sha256));
    }

    /** Returns the statement as JSON in UTF-8; equal ones give equal bytes. */
    byte[] toJson() {
        StringBuilder out = new StringBuilder(1024);
        out.append("{\"_type\":\"").append(TYPE).append("\",\"subject\":[{\"name\":");
        Json.quote(out, name);
        out.append(",\"digest\":{\"sha256\":\"").append(rootDigest());
        out.append("\"}}],\"predicateType\":\"").append(PREDICATE);
        out.append("\",\"predicate\":{\"serialization\":{\"method\":\"files\",\"hash_type\":\"sha256\","
                + "\"allow_symlinks\":false,\"ignore_paths\":[]},\"resources\":[{\"name\":\".\",\"algorithm\":\"sha256\","
                + "\"digest\":\"");
        out.append(sha256).append("\"}],\"" + CLAIMS + "\":{");
        String separator = "";
        for (Map.Entry<String, String> claim : claims.entrySet()) {
            out.append(separator);
            Json.quote(out, claim.getKey());
            out.append(':');
            Json.quote(out, claim.getValue());
            separator = ",";
        }
        return out.append("}}}").toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads a statement about one file.
     *
     * @throws IllegalArgumentException saying what was expected and found
     */
    static Statement parse(byte[] json) {
        Map<?, ?> root = map(Json.parse(new String(json, StandardCharsets.UTF_8)), "a statement");
        require(root, "_type", TYPE);
        require(root, "predicateType", PREDICATE);
        Map<?, ?> subject = only(root.get("subject"), "subject");
        Map<?, ?> predicate = map(root.get("predicate"), "predicate");
        Map<?, ?> resource = only(predicate.get("resources"), "resources");
        require(resource, "algorithm", "sha256");
        SortedMap<String, String> claims = new TreeMap<>();
        if (predicate.get(CLAIMS) instanceof Map<?, ?> said) {
            said.forEach((key, value) -> claims.put(String.valueOf(key), String.valueOf(value)));
        }
        Statement statement = new Statement(text(subject, "name"), text(resource, "digest"), claims);
        require(map(subject.get("digest"), "digest"), "sha256", statement.rootDigest());
        return statement;
    }

    static Map<?, ?> map(@Nullable Object value, String what) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new IllegalArgumentException("expected an object as %s, found %s".formatted(what, kind(value)));
    }

    /** Returns the only element of a list. */
    static Map<?, ?> only(@Nullable Object value, String what) {
        if (value instanceof List<?> list && list.size() == 1) {
            return map(list.get(0), what);
        }
        throw new IllegalArgumentException("expected one element in %s, found %s"
                .formatted(what, value instanceof List<?> list ? list.size() : kind(value)));
    }

    static String text(Map<?, ?> map, String key) {
        if (map.get(key) instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException("expected a text as %s, found %s".formatted(key, kind(map.get(key))));
    }

    static void require(Map<?, ?> map, String key, String expected) {
        String found = text(map, key);
        if (!found.equals(expected)) {
            throw new IllegalArgumentException("expected %s \"%s\", found \"%s\""
                    .formatted(key, expected, found.length() > 100 ? found.substring(0, 100) + "..." : found));
        }
    }

    private static String kind(@Nullable Object value) {
        return value == null ? "nothing" : value.getClass().getSimpleName();
    }
}
