package dev.understudy.driving;

/**
 * Following at a constant time gap, the usual law of adaptive cruise control (Ioannou and Chien 1993 in this simple
 * form): acceleration = k1 (g - s - T v) + k2 (leader's speed - v), held to -9 to 5 m/s^2.
 *
 * @param timeGap T, s
 * @param standstillGap s, m
 * @param gapGain k1, 1/s^2
 * @param speedGain k2, 1/s
 */
public record ConstantTimeGap(double timeGap, double standstillGap, double gapGain, double speedGain)
        implements FollowingLaw {

    private static final String[] NAMES = {"T", "s", "k1", "k2"};

    public ConstantTimeGap {
        if (!(timeGap >= 0 && standstillGap >= 0 && gapGain >= 0 && speedGain >= 0)) {
            throw new IllegalArgumentException("expected parameters >= 0, got "
                    + ParameterText.write(NAMES, timeGap, standstillGap, gapGain, speedGain));
        }
    }

    /** Returns a textbook choice: 1.5 s, 3 m, 0.1 1/s^2, 0.5 1/s. */
    public static ConstantTimeGap typical() {
        return new ConstantTimeGap(1.5, 3, 0.1, 0.5);
    }

    @Override
    public double acceleration(double speed, double gap, double leaderSpeed) {
        double wanted = gapGain * (gap - standstillGap - timeGap * speed) + speedGain * (leaderSpeed - speed);
        return Math.max(-9, Math.min(5, wanted));
    }

    /** Returns the parameters as text, {@code "T=1.5 s=3.0 k1=0.1 k2=0.5"}. */
    @Override
    public String toText() {
        return ParameterText.write(NAMES, timeGap, standstillGap, gapGain, speedGain);
    }

    /**
     * Reads what {@link #toText} wrote.
     *
     * @throws IllegalArgumentException if the text is something else
     */
    public static ConstantTimeGap fromText(String text) {
        double[] values = ParameterText.read(NAMES, text);
        return new ConstantTimeGap(values[0], values[1], values[2], values[3]);
    }
}
