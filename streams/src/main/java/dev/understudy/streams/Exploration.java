package dev.understudy.streams;

/**
 * The draw behind an explored action. It follows from the step and the model alone, so that a step that is decided
 * again, after a crash or on another instance, is answered alike.
 */
final class Exploration {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;
    private static final long FNV_BASIS = 0xCBF29CE484222325L;
    private static final long FNV_PRIME = 0x100000001B3L;

    private Exploration() {}

    /** Returns a draw of the standard normal distribution: Box and Muller (1958), from two hashes of the arguments. */
    static double normal(String entity, String episode, long sequence, String sha256, int element) {
        long seed = seed(entity, episode, sequence, sha256) + GAMMA * (2L * element);
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - uniform(mix(seed + GAMMA))));
        return radius * StrictMath.cos(2 * Math.PI * uniform(mix(seed + 2 * GAMMA)));
    }

    /** Returns a draw from [0, 1), from a hash of the arguments. */
    static double uniform(String entity, String episode, long sequence, String sha256) {
        return uniform(mix(seed(entity, episode, sequence, sha256) + GAMMA));
    }

    /** Returns what the draws of an answer follow from, whichever model answers. */
    static long seed(String entity, String episode, long sequence) {
        return seed(entity, episode, sequence, "");
    }

    private static long seed(String entity, String episode, long sequence, String sha256) {
        return mix(hash(hash(hash(FNV_BASIS, entity), episode), sha256) + GAMMA * sequence);
    }

    /** FNV-1a over the characters and the length, so that texts side by side are not confused. */
    private static long hash(long seed, String text) {
        long hash = seed;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * FNV_PRIME;
        }
        return (hash ^ text.length()) * FNV_PRIME;
    }

    /** The finaliser of SplitMix64: Steele et al. (2014), doi:10.1145/2660193.2660195. */
    private static long mix(long value) {
        long z = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /** Returns a number in [0, 1). */
    private static double uniform(long bits) {
        return (bits >>> 11) * 0x1.0p-53;
    }
}
