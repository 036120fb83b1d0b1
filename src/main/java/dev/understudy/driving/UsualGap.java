package dev.understudy.driving;

/**
 * What gap an entity usually keeps at what speed, remembered over a trip and over trips of the same setting: the
 * least-squares line g = s + T v of the gap g over the speed v, by recursive sums.
 *
 * <p>With r the leader's minus own speed, a sample of steady following counts more than one of closing in: its weight
 * is w = 1 / (1 + r^2). Every sample makes those before it count less, by exp(-0.5 s / {@value #MEMORY_SECONDS} s). A
 * new trip begins with what was known of the same setting, shrunk to a weight of {@value #CARRIED_WEIGHT}: as a prior
 * that fifteen seconds of the trip's own outweigh (empirical Bayes: the trips before are the population that this one
 * is drawn from). Before any trip the line is pulled towards 4 m and 1.3 s by weights of 3 and 300.
 *
 * <p>A setting is what the log's label says, such as the gap setting of a cruise control; the sums of the last
 * {@value #SETTINGS} settings are kept. All lies in the entity's memory from an offset on, the setting in force first:
 * a hash of its name, then sums of w, w v, w v^2, w g, w g v, w g^2.
 */
final class UsualGap {
    /** Settings remembered. */
    private static final int SETTINGS = 4;

    private static final int SUMS = 6;
    private static final int WIDTH = 1 + SUMS;

    /** Numbers in the memory. */
    static final int SIZE = SETTINGS * WIDTH;

    private static final double MEMORY_SECONDS = 400;
    private static final double CARRIED_WEIGHT = 30;
    private static final double KEPT = Math.exp(-FollowingContext.INTERVAL_SECONDS / MEMORY_SECONDS);

    private UsualGap() {}

    /** Begins a trip, or another setting: what is known of the setting comes first, as a prior. */
    static void begin(float[] memory, int at, String setting) {
        float name = name(setting);
        int slot = 0;
        while (slot < SETTINGS - 1 && memory[at + slot * WIDTH] != name) {
            slot++;
        }
        float[] sums = new float[WIDTH];
        if (memory[at + slot * WIDTH] == name) {
            System.arraycopy(memory, at + slot * WIDTH, sums, 0, WIDTH);
        }
        System.arraycopy(memory, at, memory, at + WIDTH, slot * WIDTH);
        float shrunk = (float) Math.min(1, CARRIED_WEIGHT / Math.max(sums[1], 1e-9));
        memory[at] = name;
        for (int i = 1; i < WIDTH; i++) {
            memory[at + i] = sums[i] * shrunk;
        }
    }

    /** Returns whether a setting is in force. */
    static boolean isOf(float[] memory, int at, String setting) {
        return memory[at] == name(setting);
    }

    /** Returns a whole number from 1 to 2^24 - 1, which a float holds exactly; the same for the same text. */
    private static float name(String setting) {
        int hash = setting.hashCode() * 0x9E3779B1;
        return 1 + Math.floorMod(hash ^ (hash >>> 15), (1 << 24) - 1);
    }

    /** Adds a sample of the expert's driving, 0.5 s after the one before. */
    static void add(float[] memory, int at, double speed, double gap, double relative) {
        double w = 1 / (1 + relative * relative);
        double[] sample = {w, w * speed, w * speed * speed, w * gap, w * gap * speed, w * gap * gap};
        for (int i = 0; i < SUMS; i++) {
            memory[at + 1 + i] = (float) (memory[at + 1 + i] * KEPT + sample[i]);
        }
    }

    /**
     * The line.
     *
     * @param standstillGap s, m
     * @param timeGap T, s
     * @param deviation root mean square of the gap's distance from it, m
     * @param weight of the samples that it rests on
     */
    record Line(double standstillGap, double timeGap, double deviation, double weight) {}

    /** Returns the line of the setting in force. */
    static Line line(float[] memory, int at) {
        double w = memory[at + 1];
        double wv = memory[at + 2];
        double wvv = memory[at + 3];
        double wg = memory[at + 4];
        double wgv = memory[at + 5];
        double wgg = memory[at + 6];
        double weights = w + FollowingContext.PRIOR_WEIGHT;
        double squares = wvv + FollowingContext.PRIOR_SQUARES;
        double gaps = wg + FollowingContext.PRIOR_WEIGHT * FollowingContext.PRIOR_STANDSTILL_GAP;
        double products = wgv + FollowingContext.PRIOR_SQUARES * FollowingContext.PRIOR_TIME_GAP;
        double determinant = weights * squares - wv * wv;
        double s = (squares * gaps - wv * products) / determinant;
        double t = (weights * products - wv * gaps) / determinant;
        double residual = wgg - 2 * (s * wg + t * wgv) + s * s * w + 2 * s * t * wv + t * t * wvv;
        return new Line(s, t, Math.sqrt(Math.max(0, residual) / Math.max(w, 1)), w);
    }
}
