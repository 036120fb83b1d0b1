package dev.understudy.schemas;

/**
 * A serving instance says which model it has loaded, or why it kept the one it had.
 *
 * @param instance the serving instance
 * @param policy name of the policy
 * @param epoch epoch of the promotion
 * @param sha256 the model file, 64 hex digits
 * @param accepted whether it was loaded
 * @param reason why it was not; empty when it was
 * @param loadMillis from the promotion seen to the model warm
 * @param swapMillis what the swap added to the slowest event; NaN when not measured
 * @param acknowledgedAtMs wall clock, milliseconds since 1970
 */
public record Acknowledgement(
        String instance,
        String policy,
        long epoch,
        String sha256,
        boolean accepted,
        String reason,
        double loadMillis,
        double swapMillis,
        long acknowledgedAtMs) {

    /** The key in {@code models.acks.v1}: one standing acknowledgement per instance and policy. */
    public String key() {
        return instance + "|" + policy;
    }
}
