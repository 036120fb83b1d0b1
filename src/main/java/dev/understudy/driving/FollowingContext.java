package dev.understudy.driving;

/**
 * The statistics that describe how an entity usually follows; see {@link FollowingMemory} for their meaning.
 *
 * <p>All sums run from the oldest sample to the newest, so that the same samples give the same bits wherever the ring
 * begins.
 */
final class FollowingContext {
    /** Numbers of a sample in the ring: speed, gap, relative speed, and 1 if the sample before is 0.5 s earlier. */
    static final int WIDTH = 4;

    static final double INTERVAL_SECONDS = 0.5;
    static final double PRIOR_STANDSTILL_GAP = 4;
    static final double PRIOR_TIME_GAP = 1.3;
    static final double PRIOR_WEIGHT = 3;
    static final double PRIOR_SQUARES = 300;
    private static final double PRIOR_RELATIVE_SQUARE = 0.3;
    private static final double PRIOR_ERROR_SQUARE = 3;
    private static final double PRIOR_RELATIVE_RESPONSE = 0.4;
    private static final double PRIOR_ERROR_RESPONSE = 0.03;

    private FollowingContext() {}

    /**
     * Computes the context.
     *
     * @param memory holds the ring and receives the result
     * @param ring where the ring begins
     * @param count samples in it, at least 1
     * @param next index after the newest sample
     * @param capacity samples that fit in
     * @param result where the context is written
     */
    static void describe(float[] memory, int ring, int count, int next, int capacity, int result) {
        int oldest = Math.floorMod(next - count, capacity);
        double weights = PRIOR_WEIGHT;
        double speeds = 0;
        double squares = PRIOR_SQUARES;
        double gaps = PRIOR_WEIGHT * PRIOR_STANDSTILL_GAP;
        double products = PRIOR_SQUARES * PRIOR_TIME_GAP;
        double meanSpeed = 0;
        double meanGap = 0;
        double meanRelative = 0;
        double highest = 0;
        double smallest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            int at = ring + WIDTH * ((oldest + i) % capacity);
            double v = memory[at];
            double g = memory[at + 1];
            double r = memory[at + 2];
            double w = 1 / (1 + r * r);
            weights += w;
            speeds += w * v;
            squares += w * v * v;
            gaps += w * g;
            products += w * g * v;
            meanSpeed += v / count;
            meanGap += g / count;
            meanRelative += r / count;
            highest = Math.max(highest, v);
            smallest = Math.min(smallest, g);
        }
        double determinant = weights * squares - speeds * speeds;
        double standstill = (squares * gaps - speeds * products) / determinant;
        double timeGap = (weights * products - speeds * gaps) / determinant;
        memory[result] = (float) standstill;
        memory[result + 1] = (float) timeGap;
        memory[result + 4] = (float) meanGap;
        memory[result + 5] = (float) meanSpeed;
        memory[result + 7] = (float) highest;
        memory[result + 8] = (float) smallest;
        spread(memory, ring, count, oldest, capacity, result, meanRelative);
    }

    /** Computes what needs the line and the means first: deviations and responses. */
    private static void spread(
            float[] memory, int ring, int count, int oldest, int capacity, int result, double meanRelative) {
        double standstill = memory[result];
        double timeGap = memory[result + 1];
        double meanSpeed = memory[result + 5];
        double meanError = memory[result + 4] - standstill - timeGap * meanSpeed;
        double speedSquares = 0;
        double errorSquares = 0;
        double relativeSquares = 0;
        double accelerationSquares = 0;
        double rr = 0;
        double re = 0;
        double ee = 0;
        double ra = 0;
        double ea = 0;
        int pairs = 0;
        double lastSpeed = 0;
        double lastRelative = 0;
        double lastError = 0;
        for (int i = 0; i < count; i++) {
            int at = ring + WIDTH * ((oldest + i) % capacity);
            double v = memory[at];
            double r = memory[at + 2];
            double e = memory[at + 1] - standstill - timeGap * v;
            speedSquares += (v - meanSpeed) * (v - meanSpeed);
            errorSquares += (e - meanError) * (e - meanError);
            relativeSquares += (r - meanRelative) * (r - meanRelative);
            if (i > 0 && memory[at + 3] != 0) {
                double a = (v - lastSpeed) / INTERVAL_SECONDS;
                accelerationSquares += a * a;
                rr += lastRelative * lastRelative;
                re += lastRelative * lastError;
                ee += lastError * lastError;
                ra += lastRelative * a;
                ea += lastError * a;
                pairs++;
            }
            lastSpeed = v;
            lastRelative = r;
            lastError = e;
        }
        double n = Math.max(pairs, 1);
        rr = rr / n + PRIOR_RELATIVE_SQUARE;
        re = re / n;
        ee = ee / n + PRIOR_ERROR_SQUARE;
        ra = ra / n + PRIOR_RELATIVE_SQUARE * PRIOR_RELATIVE_RESPONSE;
        ea = ea / n + PRIOR_ERROR_SQUARE * PRIOR_ERROR_RESPONSE;
        double determinant = rr * ee - re * re;
        memory[result + 2] = (float) ((ee * ra - re * ea) / determinant);
        memory[result + 3] = (float) ((rr * ea - re * ra) / determinant);
        memory[result + 6] = (float) Math.sqrt(speedSquares / count);
        memory[result + 9] = (float) Math.sqrt(errorSquares / count);
        memory[result + 10] = (float) lastError;
        memory[result + 11] = (float) Math.sqrt(accelerationSquares / n);
        memory[result + 12] = (float) Math.sqrt(relativeSquares / count);
    }
}
