package dev.understudy.driving;

/**
 * The Intelligent Driver Model: Treiber, Hennecke and Helbing (2000), Physical Review E 62, 1805, eqs. 2 and 3 with
 * exponent 4. With v own speed, g the gap and dv = v - leader's speed:
 *
 * <pre>
 * s* = s0 + max(0, v T + v dv / (2 sqrt(a b)))
 * acceleration = a (1 - (v / v0)^4 - (s* / g)^2)
 * </pre>
 *
 * <p>Departures: a gap below 0.1 m counts as 0.1 m, and the result is held to -9 to 5 m/s^2, which is what cars can do.
 *
 * @param desiredSpeed v0, m/s
 * @param timeGap T, s
 * @param standstillGap s0, m
 * @param maxAcceleration a, m/s^2
 * @param comfortableDeceleration b, m/s^2
 */
public record IntelligentDriverModel(
        double desiredSpeed,
        double timeGap,
        double standstillGap,
        double maxAcceleration,
        double comfortableDeceleration)
        implements FollowingLaw {

    private static final String[] NAMES = {"v0", "T", "s0", "a", "b"};

    public IntelligentDriverModel {
        if (!(desiredSpeed > 0
                && timeGap >= 0
                && standstillGap >= 0
                && maxAcceleration > 0
                && comfortableDeceleration > 0)) {
            throw new IllegalArgumentException("expected v0, a, b > 0 and T, s0 >= 0, got "
                    + ParameterText.write(
                            NAMES, desiredSpeed, timeGap, standstillGap, maxAcceleration, comfortableDeceleration));
        }
    }

    /** Returns what the authors propose for cars: 33.3 m/s, 1.6 s, 2 m, 0.73 m/s^2, 1.67 m/s^2. */
    public static IntelligentDriverModel published() {
        return new IntelligentDriverModel(33.3, 1.6, 2, 0.73, 1.67);
    }

    @Override
    public double acceleration(double speed, double gap, double leaderSpeed) {
        double interaction = speed * timeGap
                + speed * (speed - leaderSpeed) / (2 * Math.sqrt(maxAcceleration * comfortableDeceleration));
        double wanted = (standstillGap + Math.max(0, interaction)) / Math.max(gap, 0.1);
        double ratio = speed / desiredSpeed;
        double squared = ratio * ratio;
        return Math.max(-9, Math.min(5, maxAcceleration * (1 - squared * squared - wanted * wanted)));
    }

    /** Returns the gap in metres at which it follows steadily at a speed in m/s below v0 (eq. 4). */
    public double equilibriumGap(double speed) {
        double ratio = speed / desiredSpeed;
        double squared = ratio * ratio;
        return (standstillGap + speed * timeGap) / Math.sqrt(1 - squared * squared);
    }

    /** Returns the parameters as text, {@code "v0=33.3 T=1.6 s0=2.0 a=0.73 b=1.67"}. */
    @Override
    public String toText() {
        return ParameterText.write(
                NAMES, desiredSpeed, timeGap, standstillGap, maxAcceleration, comfortableDeceleration);
    }

    /**
     * Reads what {@link #toText} wrote.
     *
     * @throws IllegalArgumentException if the text is something else
     */
    public static IntelligentDriverModel fromText(String text) {
        double[] values = ParameterText.read(NAMES, text);
        return new IntelligentDriverModel(values[0], values[1], values[2], values[3], values[4]);
    }
}
