package dev.understudy.learn.sequence;

import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Some iterations of {@link SequenceGail}, a step of one network at a time. The draws of each step follow from the seed
 * and its number, so it stops after any of them and goes on to the same bytes.
 */
public final class SequenceGailUpdate implements Update {
    static final String OPEN = "adversarial.open";
    private static final String DONE = "adversarial.done";
    private static final String WARM = "adversarial.warm";
    private static final String UPDATES = "adversarial.updates";
    private static final String CURVE = "adversarial.curve";
    private static final String LOSSES = "adversarial.losses";

    /** Numbers of a point of the curve: accuracy of the discriminator, nats of a token said, tokens of a reply. */
    private static final int POINT = 3;

    private final SequenceGail gail;
    private final SequenceGailConfig config;
    private final List<Exchange> exchanges;
    private final LearnerState begun;
    private final long seed;
    private final int warmUp;
    private final int pieces;
    private final double[] curve;
    /** Last loss of the discriminator, of the policy gradient, and of cloning, each token's. */
    private final double[] losses;

    private int done;
    private boolean diverged;

    SequenceGailUpdate(
            SequenceGail gail, SequenceGailConfig config, List<Exchange> exchanges, LearnerState begun, long seed) {
        this.gail = gail;
        this.config = config;
        this.exchanges = exchanges;
        this.begun = begun;
        this.seed = seed;
        boolean isOpen = begun.counter(OPEN) != 0;
        warmUp = isOpen ? (int) begun.counter(WARM) : begun.counter(UPDATES) == 0 ? config.warmUp() : 0;
        pieces = Math.addExact(warmUp, Math.multiplyExact(config.iterations(), perIteration()));
        done = isOpen ? (int) begun.counter(DONE) : 0;
        curve = new double[POINT * config.iterations()];
        Arrays.fill(curve, Double.NaN);
        losses = isOpen ? begun.statistic(LOSSES).clone() : new double[3];
        if (isOpen) {
            double[] before = begun.statistic(CURVE);
            System.arraycopy(before, 0, curve, 0, before.length);
        }
    }

    private int perIteration() {
        return config.discriminatorSteps() + 1 + config.forcing();
    }

    @Override
    public boolean step() {
        if (isFinished()) {
            return false;
        }
        SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + done);
        int within = done < warmUp ? 0 : (done - warmUp) % perIteration();
        if (within < config.discriminatorSteps()) {
            losses[0] = gail.judge(gail.rehearse(exchanges, random));
            diverged = !Double.isFinite(losses[0]);
        } else if (within == config.discriminatorSteps()) {
            SequenceGail.Rehearsal rehearsal = gail.rehearse(exchanges, random);
            losses[1] = gail.improve(rehearsal) / (rehearsal.length() * config.rows());
            diverged = !Double.isFinite(losses[1]);
            put((done - warmUp) / perIteration(), rehearsal);
        } else {
            losses[2] = gail.force(exchanges, random);
            diverged = !Double.isFinite(losses[2]);
        }
        done++;
        return !isFinished();
    }

    private void put(int iteration, SequenceGail.Rehearsal rehearsal) {
        curve[POINT * iteration] = rehearsal.accuracy();
        curve[POINT * iteration + 1] = rehearsal.natsPerToken();
        curve[POINT * iteration + 2] = rehearsal.length();
    }

    private boolean isFinished() {
        return diverged || done >= pieces;
    }

    /** Returns how many iterations are done. */
    public int iterations() {
        return Math.max(0, done - warmUp) / perIteration();
    }

    /**
     * Runs to the end of the iteration under way, or through the next, with the warm-up of the discriminator before the
     * first.
     *
     * @return whether there is more to do
     */
    public boolean iterate() {
        int before = iterations();
        boolean more = true;
        while (more && iterations() == before) {
            more = step();
        }
        return more;
    }

    @Override
    public double progress() {
        return isFinished() ? 1.0 : (double) done / pieces;
    }

    /** Returns the memory; that before the update if it diverged. */
    @Override
    public LearnerState state() {
        SortedMap<String, Long> counters = new TreeMap<>(begun.counters());
        SortedMap<String, double[]> statistics = new TreeMap<>();
        counters.keySet().removeAll(List.of(OPEN, DONE, WARM));
        if (diverged) {
            return new LearnerState(begun.vectors(), statistics, counters);
        }
        if (isFinished()) {
            counters.put(UPDATES, begun.counter(UPDATES) + 1);
        } else {
            counters.put(OPEN, 1L);
            counters.put(DONE, (long) done);
            counters.put(WARM, (long) warmUp);
            int reached = done <= warmUp ? 0 : (done - warmUp + config.forcing()) / perIteration();
            statistics.put(CURVE, Arrays.copyOf(curve, POINT * reached));
            statistics.put(LOSSES, losses.clone());
        }
        return new LearnerState(gail.vectors(), statistics, counters);
    }

    @Override
    public TrainingReport report() {
        int reached = iterations();
        int tenth = Math.max(1, config.iterations() / 10);
        SortedMap<String, Double> report = new TreeMap<>();
        report.put("steps", (double) done);
        report.put("iterations", (double) reached);
        report.put("discriminatorLoss", losses[0]);
        report.put("discriminatorAccuracyBefore", mean(0, 0, Math.min(reached, tenth)));
        report.put("discriminatorAccuracyAfter", mean(0, Math.max(0, reached - tenth), reached));
        report.put("natsPerTokenBefore", mean(1, 0, Math.min(reached, tenth)));
        report.put("natsPerTokenAfter", mean(1, Math.max(0, reached - tenth), reached));
        report.put("replyTokensBefore", mean(2, 0, Math.min(reached, tenth)));
        report.put("replyTokensAfter", mean(2, Math.max(0, reached - tenth), reached));
        report.put(TrainingReport.DIVERGED, diverged ? 1.0 : 0.0);
        return new TrainingReport(report);
    }

    private double mean(int number, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += curve[POINT * i + number];
        }
        return to > from ? sum / (to - from) : 0;
    }

    /** Leaves the programs to the learner, who uses them again. */
    @Override
    public void close() {}
}
