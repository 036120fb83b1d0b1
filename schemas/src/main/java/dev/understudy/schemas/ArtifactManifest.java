package dev.understudy.schemas;

/**
 * What the chunks of a model file must add up to; the last record of the file.
 *
 * @param policy name of the policy
 * @param sha256 the whole file, 64 hex digits
 * @param sizeBytes size of the whole file
 * @param chunks number of chunks
 * @param chunkBytes size of every chunk but the last
 */
public record ArtifactManifest(String policy, String sha256, long sizeBytes, int chunks, int chunkBytes) {}
