package dev.understudy.schemas;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Key of one piece of a model file in {@code models.artifacts.v1}. The chunk is part of the key, or compaction would
 * keep only one of them.
 *
 * <p>As bytes it is readable text, {@code driving/car-following|<sha256>|00003}, and ends in {@code manifest} for the
 * last record of a file.
 *
 * @param policy name of the policy; without {@code |}
 * @param sha256 the whole file, 64 hex digits in lower case
 * @param chunk number of the chunk from 0, or {@link #MANIFEST}
 */
public record ArtifactKey(String policy, String sha256, int chunk) {
    /** {@link #chunk} of the record that closes a file. */
    public static final int MANIFEST = -1;

    private static final Pattern FORM = Pattern.compile("([^|]+)\\|([0-9a-f]{64})\\|(manifest|[0-9]{5,9})");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    /** @throws IllegalArgumentException if the parts do not make a key */
    public ArtifactKey {
        if (policy.isEmpty() || policy.indexOf('|') >= 0) {
            throw new IllegalArgumentException("expected a policy name without |, found '" + policy + "'");
        }
        if (!SHA256.matcher(sha256).matches()) {
            throw new IllegalArgumentException("expected 64 hex digits in lower case, found '" + sha256 + "'");
        }
        if (chunk < MANIFEST) {
            throw new IllegalArgumentException("expected a chunk number from 0, found " + chunk);
        }
    }

    /** The key of the manifest of a file. */
    public static ArtifactKey manifest(String policy, String sha256) {
        return new ArtifactKey(policy, sha256, MANIFEST);
    }

    /** Whether this is the record that closes a file. */
    public boolean isManifest() {
        return chunk == MANIFEST;
    }

    /** The text form, which {@link #parse} reads. */
    @Override
    public String toString() {
        return policy + "|" + sha256 + "|" + (isManifest() ? "manifest" : String.format("%05d", chunk));
    }

    /** @throws UndecodableException if the text is no key */
    static ArtifactKey parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new UndecodableException("expected an artefact key policy|sha256|chunk, found '"
                    + (text.length() > 120 ? text.substring(0, 120) + "..." : text) + "'");
        }
        String chunk = matcher.group(3);
        return new ArtifactKey(
                matcher.group(1), matcher.group(2), chunk.equals("manifest") ? MANIFEST : Integer.parseInt(chunk));
    }
}
