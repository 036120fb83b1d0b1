package dev.understudy.learn.cloning;

import dev.understudy.graph.Feeds;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.graph.Shape;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import dev.understudy.network.Optimiser;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One window's worth of cloning. Every draw follows from the seed and the number of the step, so it can be resumed. */
final class CloningUpdate implements Update {
    private static final String BEST = "best.theta";
    private static final String BEST_LOSS = "best.loss";
    private static final String FIGURES = "update.figures";
    /** Counter of the steps learned from. */
    static final String LEARNED = "steps.learned";
    /** Counter that is 1 in the middle of an update. */
    static final String OPEN = "update.open";

    private static final int VALIDATION_BATCHES = 8;

    private final CloningPrograms programs;
    private final BehaviouralCloningConfig config;
    private final List<Optimiser.Memory> memory;
    private final Pairs pairs;
    private final double[] scaler;
    private final long seed;
    private final boolean driven;
    private final long updatesBefore;
    private final long learnedBefore;
    private final double rehearsedShare;
    private final float @Nullable [] averageBefore;
    private final float @Nullable [] first;

    private long step;
    private long stale;
    private boolean finished;
    private boolean diverged;
    private float[] best;
    private double bestLoss;
    /** lossBefore, last loss, validation loss before. */
    private final double[] figures;

    CloningUpdate(
            CloningPrograms programs,
            BehaviouralCloningConfig config,
            List<Optimiser.Memory> memory,
            Pairs pairs,
            LearnerState begun,
            dev.understudy.network.Scaler scaler,
            long seed,
            boolean driven) {
        this.driven = driven;
        this.programs = programs;
        this.config = config;
        this.memory = memory;
        this.pairs = pairs;
        this.scaler = scaler.toStatistics();
        this.seed = seed;
        this.updatesBefore = begun.counter("updates");
        this.learnedBefore = begun.counter(LEARNED);
        this.rehearsedShare = config.continuation().rehearsedShare(learnedBefore, pairs.fresh());
        this.averageBefore = begun.vectors().get(BehaviouralCloning.AVERAGE);
        this.first = begun.vectors().get(BehaviouralCloning.FIRST);
        this.step = begun.counter("update.step");
        this.stale = begun.counter("update.stale");
        this.best = begun.vectors().getOrDefault(BEST, begun.vector(CloningPrograms.THETA));
        this.bestLoss = begun.statistics().getOrDefault(BEST_LOSS, new double[] {Double.POSITIVE_INFINITY})[0];
        this.figures = begun.statistics()
                .getOrDefault(FIGURES, new double[] {Double.NaN, Double.NaN, Double.NaN})
                .clone();
        Program training = programs.training;
        training.setState(CloningPrograms.THETA, begun.vector(CloningPrograms.THETA));
        for (Optimiser.Memory vector : memory) {
            training.setState(vector.name(), begun.vector(vector.name()));
        }
        for (Program program : List.of(training, programs.score)) {
            program.setInput("shift", scaler.shift(), Shape.of(scaler.mean().length));
            program.setInput("scale", scaler.scale(), Shape.of(scaler.mean().length));
        }
    }

    @Override
    public boolean step() {
        if (finished) {
            return false;
        }
        if (isLookDue()) {
            validate();
        }
        if (!finished && step < config.steps()) {
            descend();
        }
        if (!finished && step >= config.steps()) {
            validate();
            finish();
        }
        return !finished;
    }

    /**
     * A warm start may be better than all that follows; where few pairs are held out, weights of no use may seem so.
     */
    private boolean isLookDue() {
        long first = config.validation() == BehaviouralCloningConfig.Validation.PAIRS ? 1 : 0;
        return step >= first && (step - first) % config.validateEvery() == 0;
    }

    private void descend() {
        SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + step);
        Feeds feeds = new Feeds().floats("learningRate", (float) learningRate());
        feed(feeds, random, pairs.learned(), rehearsedShare);
        double loss;
        try (Result result = programs.training.run(feeds)) {
            loss = result.scalar("loss");
        }
        if (!Double.isFinite(loss)) {
            diverged();
            return;
        }
        if (Double.isNaN(figures[0])) {
            figures[0] = loss;
        }
        figures[1] = loss;
        step++;
    }

    private double learningRate() {
        double first = config.learningRate() * config.continuation().rate(learnedBefore + pairs.fresh());
        return switch (config.schedule()) {
            case CONSTANT -> first;
            case COSINE -> first * 0.5 * (1.0 + Math.cos(Math.PI * step / config.steps()));
        };
    }

    /** Puts a batch of rows, and of drives if there are any, into the feeds. */
    private void feed(Feeds feeds, SplittableRandom random, Pairs.Share share, double replayShare) {
        feed(feeds, random, draw(random, share, replayShare), share, replayShare);
    }

    private long[] draw(SplittableRandom random, Pairs.Share share, double replayShare) {
        Pairs.Share replay = pairs.rehearsed();
        long[] rows = new long[config.batchSize()];
        for (int i = 0; i < rows.length; i++) {
            boolean rehearse = replay.rows.length > 0 && random.nextDouble() < replayShare;
            int[] from = rehearse ? replay.rows : share.rows;
            rows[i] = from[random.nextInt(from.length)];
        }
        return rows;
    }

    private void feed(Feeds feeds, SplittableRandom random, long[] rows, Pairs.Share share, double replayShare) {
        Pairs.Share replay = pairs.rehearsed();
        feeds.longs(CloningPrograms.ROWS, rows);
        if (driven) {
            feeds.longs(CloningPrograms.EARLIER_ROWS, earlier(rows, rows.length, random));
        }
        if (config.horizon() > 0) {
            int drives = config.drives();
            long[] rowsOfDrives = new long[drives * (config.horizon() + 1)];
            for (int drive = 0; drive < drives; drive++) {
                boolean rehearse =
                        share.starts.length == 0 || (replay.starts.length > 0 && random.nextDouble() < replayShare);
                int[] from = rehearse ? replay.starts : share.starts;
                int start = from[random.nextInt(from.length)];
                for (int h = 0; h <= config.horizon(); h++) {
                    rowsOfDrives[h * drives + drive] = start + (long) h * config.stride();
                }
            }
            feeds.longs(CloningPrograms.DRIVES, rowsOfDrives);
            feeds.longs(CloningPrograms.EARLIER_DRIVES, earlier(rowsOfDrives, drives, random));
        }
    }

    /**
     * Returns rows of the same trajectories up to {@code staleness} steps before the first {@code count} of
     * {@code rows}.
     */
    private long[] earlier(long[] rows, int count, SplittableRandom random) {
        long[] earlier = new long[count];
        for (int i = 0; i < count; i++) {
            int first = pairs.first()[(int) rows[i]];
            earlier[i] = Math.max(first, rows[i] - random.nextInt(config.staleness() + 1));
        }
        return earlier;
    }

    /** Scores the parameters as they are; keeps them if they are the best yet, and stops if they no longer improve. */
    private void validate() {
        Pairs.Share share = pairs.validated().starts.length > 0 ? pairs.validated() : pairs.learned();
        float[] theta = programs.training.state(CloningPrograms.THETA);
        boolean whole = config.validation() == BehaviouralCloningConfig.Validation.PAIRS;
        int batches = whole ? 1 : VALIDATION_BATCHES;
        double loss = 0.0;
        for (int batch = 0; batch < batches; batch++) {
            Feeds feeds = new Feeds().floats(CloningPrograms.THETA, theta);
            SplittableRandom random = new SplittableRandom(~seed + batch);
            long[] rows =
                    whole ? Arrays.stream(share.rows).asLongStream().toArray() : draw(random, share, rehearsedShare);
            feed(feeds, random, rows, share, whole ? 0.0 : rehearsedShare);
            try (Result result = programs.score.run(feeds)) {
                loss += result.scalar("loss") / batches;
            }
        }
        if (!Double.isFinite(loss)) {
            diverged();
            return;
        }
        if (Double.isNaN(figures[2])) {
            figures[2] = loss;
        }
        if (loss < bestLoss) {
            bestLoss = loss;
            best = theta;
            stale = 0;
        } else if (++stale >= config.patience()) {
            finish();
        }
    }

    /** Goes back to the best parameters; moments that led astray are forgotten. */
    private void diverged() {
        for (Optimiser.Memory vector : memory) {
            programs.training.setState(vector.name(), vector.initial());
        }
        diverged = true;
        finish();
    }

    private void finish() {
        programs.training.setState(CloningPrograms.THETA, best);
        finished = true;
    }

    @Override
    public double progress() {
        return finished ? 1.0 : (double) step / config.steps();
    }

    @Override
    public LearnerState state() {
        SortedMap<String, float[]> vectors = new TreeMap<>();
        SortedMap<String, double[]> statistics = new TreeMap<>();
        SortedMap<String, Long> counters = new TreeMap<>();
        vectors.put(CloningPrograms.THETA, programs.training.state(CloningPrograms.THETA));
        for (Optimiser.Memory vector : memory) {
            vectors.put(vector.name(), programs.training.state(vector.name()));
        }
        statistics.put(BehaviouralCloning.SCALER, scaler);
        if (first != null) {
            vectors.put(BehaviouralCloning.FIRST, first);
        }
        if (finished) {
            counters.put("updates", updatesBefore + 1);
            counters.put(LEARNED, learnedBefore + pairs.fresh());
            if (config.continuation().averaging() > 0) {
                vectors.put(BehaviouralCloning.AVERAGE, average(programs.training.state(CloningPrograms.THETA)));
            }
        } else {
            counters.put("updates", updatesBefore);
            counters.put(LEARNED, learnedBefore);
            if (averageBefore != null) {
                vectors.put(BehaviouralCloning.AVERAGE, averageBefore);
            }
            counters.put(OPEN, 1L);
            counters.put("update.step", step);
            counters.put("update.stale", stale);
            vectors.put(BEST, best);
            statistics.put(BEST_LOSS, new double[] {bestLoss});
            statistics.put(FIGURES, figures.clone());
        }
        return new LearnerState(vectors, statistics, counters);
    }

    /** Returns the parameters after this update, averaged with those exported after the updates before it. */
    private float[] average(float[] theta) {
        if (averageBefore == null) {
            return theta;
        }
        double kept = config.continuation().kept(updatesBefore + 1);
        float[] average = new float[theta.length];
        for (int i = 0; i < average.length; i++) {
            average[i] = (float) (kept * averageBefore[i] + (1 - kept) * theta[i]);
        }
        return average;
    }

    @Override
    public TrainingReport report() {
        SortedMap<String, Double> report = new TreeMap<>();
        report.put("steps", (double) step);
        report.put("rows", (double) pairs.learned().rows.length);
        report.put("rowsRehearsed", (double) pairs.rehearsed().rows.length);
        report.put("rehearsedShare", rehearsedShare);
        report.put("rowsValidated", (double) pairs.validated().rows.length);
        report.put("lossBefore", figures[0]);
        report.put("lossAfter", figures[1]);
        report.put("validationLossBefore", figures[2]);
        report.put("validationLoss", bestLoss);
        report.put("diverged", diverged ? 1.0 : 0.0);
        return new TrainingReport(report);
    }

    /** Leaves the programs to the learner, who uses them again. */
    @Override
    public void close() {}
}
