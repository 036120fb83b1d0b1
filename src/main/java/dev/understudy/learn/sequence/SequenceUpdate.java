package dev.understudy.learn.sequence;

import dev.understudy.graph.Feeds;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import dev.understudy.network.NGramTables;
import dev.understudy.network.Optimiser;
import dev.understudy.network.RecurrentNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One window's worth of sequence cloning: a step for each segment. */
final class SequenceUpdate implements Update {
    /** Counter of the optimiser steps of all updates. */
    static final String STEPS = "steps";

    private static final String SEGMENT = "update.segment";
    private static final String LOSSES = "update.losses";

    private final RecurrentNetwork network;
    private final Program training;
    private final SequenceCloningConfig config;
    private final Packing packing;
    private final @Nullable Recollection recollection;
    private final LearnerState begun;
    private final List<Optimiser.Memory> memory;
    private final long seed;

    private int segment;
    private boolean diverged;
    /** Nats of the first segment, their tokens; of the last, theirs; of all, theirs. */
    private final double[] losses;

    SequenceUpdate(
            RecurrentNetwork network,
            Program training,
            SequenceCloningConfig config,
            Optimiser optimiser,
            Packing packing,
            List<TokenSequence> window,
            LearnerState begun,
            long seed) {
        this.network = network;
        this.training = training;
        this.config = config;
        this.packing = packing;
        this.begun = begun;
        this.memory = optimiser.memory(network.layout().size());
        this.seed = seed;
        this.segment = Math.toIntExact(begun.counter(SEGMENT));
        this.losses = begun.statistics().getOrDefault(LOSSES, new double[6]).clone();
        NGramTables tables = network.nGrams();
        this.recollection = tables == null
                ? null
                : recollection(tables, SequencePrograms.memory(tables, begun), packing, window, segment);
        vectors().forEach(name -> training.setState(name, begun.vector(name)));
        training.setState(
                SequencePrograms.HIDDEN,
                begun.vectors().getOrDefault(SequencePrograms.HIDDEN, new float[config.streams() * network.state()]));
    }

    /** Returns what the tables would say had the segments before one been learned here. */
    private static Recollection recollection(
            NGramTables tables, float[] memory, Packing packing, List<TokenSequence> window, int segment) {
        Recollection recollection = Recollection.counting(tables, memory, packing, window);
        for (int before = 0; before < segment; before++) {
            packing.read(before);
            recollection.reach(before);
        }
        return recollection;
    }

    /** Returns the names of what outlasts the update. */
    private List<String> vectors() {
        List<String> names = new ArrayList<>();
        names.add(SequencePrograms.THETA);
        if (config.averaging() > 0) {
            names.add(SequencePrograms.AVERAGE);
        }
        memory.forEach(vector -> names.add(vector.name()));
        return names;
    }

    @Override
    public boolean step() {
        if (isFinished()) {
            return false;
        }
        packing.read(segment);
        long before = begun.counter(STEPS) - begun.counter(SEGMENT) + segment;
        double tokens = 0;
        for (float weight : packing.weights()) {
            tokens += weight;
        }
        double loss;
        try (Result result = training.run(feeds(before))) {
            loss = result.scalar("loss");
        }
        if (!Double.isFinite(loss)) {
            diverged();
            return false;
        }
        if (losses[1] == 0) {
            losses[0] = loss;
            losses[1] = tokens;
        }
        losses[2] = loss;
        losses[3] = tokens;
        losses[4] += loss;
        losses[5] += tokens;
        segment++;
        return !isFinished();
    }

    private boolean isFinished() {
        return diverged || segment >= packing.segments();
    }

    /** Returns what a segment is learned with, given how many optimiser steps there were before it. */
    private Feeds feeds(long before) {
        Feeds feeds = packing.feeds()
                .floats(SequencePrograms.WEIGHTS, packing.weights())
                .floats(SequencePrograms.LEARNING_RATE, (float) config.learningRate(before));
        if (recollection != null) {
            recollection.reach(segment);
            recollection.addTo(feeds);
        }
        if (config.averaging() > 0) {
            feeds.floats(SequencePrograms.NEWEST, (float) config.newest(before));
        }
        if (config.dropout() > 0) {
            SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + segment);
            feeds.floats(SequencePrograms.EMBEDDED_MASK, mask(random))
                    .floats(SequencePrograms.PROJECTED_MASK, mask(random));
        }
        return feeds;
    }

    private float[] mask(SplittableRandom random) {
        float[] mask = new float[config.streams() * network.embedding()];
        float scale = (float) (1 / (1 - config.dropout()));
        for (int i = 0; i < mask.length; i++) {
            mask[i] = random.nextDouble() < config.dropout() ? 0 : scale;
        }
        return mask;
    }

    /** Goes back to the parameters it began with; moments that led astray are forgotten. */
    private void diverged() {
        vectors().forEach(name -> training.setState(name, begun.vector(name)));
        memory.forEach(vector -> training.setState(vector.name(), vector.initial()));
        diverged = true;
    }

    @Override
    public double progress() {
        return isFinished() ? 1.0 : (double) segment / packing.segments();
    }

    @Override
    public LearnerState state() {
        SortedMap<String, float[]> vectors = new TreeMap<>();
        SortedMap<String, double[]> statistics = new TreeMap<>();
        SortedMap<String, Long> counters = new TreeMap<>();
        vectors().forEach(name -> vectors.put(name, training.state(name)));
        NGramTables tables = network.nGrams();
        if (tables != null && recollection != null) {
            vectors.put(SequencePrograms.MEMORY, memory(tables, recollection));
        }
        counters.put(STEPS, begun.counter(STEPS) - begun.counter(SEGMENT) + segment);
        if (!isFinished()) {
            vectors.put(SequencePrograms.HIDDEN, training.state(SequencePrograms.HIDDEN));
            statistics.put(LOSSES, losses.clone());
            counters.put(SEGMENT, (long) segment);
        }
        return new LearnerState(vectors, statistics, counters);
    }

    /** Returns what the tables held at the beginning; once the window is learned, with it. */
    private float[] memory(NGramTables tables, Recollection counting) {
        if (!isFinished() || diverged) {
            return SequencePrograms.memory(tables, begun);
        }
        counting.reach(packing.segments());
        return counting.memory();
    }

    @Override
    public TrainingReport report() {
        SortedMap<String, Double> report = new TreeMap<>();
        report.put("steps", (double) segment);
        report.put("tokens", losses[5]);
        report.put("lossBefore", losses[0] / Math.max(1, losses[1]));
        report.put("lossAfter", losses[2] / Math.max(1, losses[3]));
        report.put("loss", losses[4] / Math.max(1, losses[5]));
        report.put("places", (double) packing.places());
        report.put(TrainingReport.DIVERGED, diverged ? 1.0 : 0.0);
        return new TrainingReport(report);
    }

    /** Leaves the program to the learner, who uses it again. */
    @Override
    public void close() {}
}
