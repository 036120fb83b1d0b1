package dev.understudy.evaluate;

import java.nio.ByteBuffer;

/**
 * Test-then-train error: each step is predicted by a policy that has not learned from it yet. Two figures: the root
 * mean square since the last {@link #close}, which is that of a window, and the same with older steps fading, after
 * Gama, Sebastiao and Rodrigues (2013), Machine Learning 90, 317: S = e^2 + f S, N = 1 + f N.
 */
public final class PrequentialScore {
    private static final int FORMAT = 1;

    private final double fading;
    private double squares;
    private long count;
    private double fadedSquares;
    private double fadedCount;

    /**
     * Creates an empty score.
     *
     * @param fading factor f by which a step's weight shrinks with each newer one, above 0 to 1
     */
    public PrequentialScore(double fading) {
        if (!(fading > 0 && fading <= 1)) {
            throw new IllegalArgumentException("expected a fading factor above 0 to 1, got " + fading);
        }
        this.fading = fading;
    }

    /** Adds the error of one step; NaN (no answer) is left out. */
    public void add(double error) {
        if (!Double.isNaN(error)) {
            squares += error * error;
            count++;
            fadedSquares = error * error + fading * fadedSquares;
            fadedCount = 1 + fading * fadedCount;
        }
    }

    /** Returns the number of steps in the open window. */
    public long count() {
        return count;
    }

    /** Returns the root mean square error of the open window; NaN if it is empty. */
    public double window() {
        return count == 0 ? Double.NaN : Math.sqrt(squares / count);
    }

    /** Returns the root mean square error in which older steps fade; NaN before the first step. */
    public double faded() {
        return fadedCount == 0 ? Double.NaN : Math.sqrt(fadedSquares / fadedCount);
    }

    /** Returns the window's error and begins the next one. */
    public double close() {
        double error = window();
        squares = 0;
        count = 0;
        return error;
    }

    /** Returns the score as bytes. */
    public byte[] toBytes() {
        return ByteBuffer.allocate(44)
                .putInt(FORMAT)
                .putDouble(fading)
                .putDouble(squares)
                .putLong(count)
                .putDouble(fadedSquares)
                .putDouble(fadedCount)
                .array();
    }

    /**
     * Reads what {@link #toBytes} wrote.
     *
     * @throws IllegalArgumentException if the bytes are something else
     */
    public static PrequentialScore fromBytes(byte[] bytes) {
        if (bytes.length != 44 || ByteBuffer.wrap(bytes).getInt() != FORMAT) {
            throw new IllegalArgumentException(
                    "expected a score of 44 bytes and format %d, got %d bytes".formatted(FORMAT, bytes.length));
        }
        ByteBuffer in = ByteBuffer.wrap(bytes, 4, 40);
        PrequentialScore score = new PrequentialScore(in.getDouble());
        score.squares = in.getDouble();
        score.count = in.getLong();
        score.fadedSquares = in.getDouble();
        score.fadedCount = in.getDouble();
        return score;
    }
}
