package dev.understudy.schemas;

/**
 * How far ahead an epoch may be: at most {@value #MOST_AHEAD} beyond the highest one known of its policy. Epochs rise
 * by one from each promotion to the next, so a record with a much higher one is wrong; believed, it would keep all that
 * follow from coming into service. Not for several threads.
 */
public final class EpochBound {
    /** Most that an epoch may be ahead. */
    public static final long MOST_AHEAD = 1_000;

    private long known;

    /** A bound where no epoch is known. */
    public EpochBound() {
        this(0);
    }

    /** A bound where epochs up to one are known. */
    public EpochBound(long known) {
        this.known = known;
    }

    /** Takes note of an epoch unless it is too far ahead; returns whether it is believed. */
    public boolean believes(long epoch) {
        if (epoch < 0 || epoch > highest()) {
            return false;
        }
        known = Math.max(known, epoch);
        return true;
    }

    /** Returns the highest epoch that is believed next. */
    public long highest() {
        return known + MOST_AHEAD;
    }

    /** Says of an epoch why it is not believed. */
    public String problem(long epoch) {
        return "epoch: expected at most %d, %d more than the highest known, found %d"
                .formatted(highest(), MOST_AHEAD, epoch);
    }
}
