package dev.understudy.learn.observation;

import dev.understudy.data.Trajectory;
import dev.understudy.environment.Environment;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One window of {@link BcoFromLogs}: explore, take in what is new, fit, label and clone. It may be left after any step
 * and goes on from there; an exploration under way begins anew, and comes out the same.
 */
final class BcoFromLogsUpdate implements Update {
    private static final String POLICY = "policy.";
    private static final String DYNAMICS = "dynamics.";
    private static final String FITTED_LOSS = "fitted.loss";
    private static final String FITTED_SEEN = "fitted.seen";
    private static final String DRIFTS = "drifts";
    private static final String UPDATES = "updates";
    private static final String PHASE = "update.phase";
    private static final String FIGURES = "update.figures";
    /** Of all copies together: about a millisecond's worth. */
    private static final int STEPS_PER_SLICE = 20;

    /** What an update does, one after the other. */
    private enum Phase {
        TAKE_IN(0),
        FIT(1),
        CLONE(2),
        OVER(3);

        /** Stands for it in a memory. */
        private final long number;

        Phase(long number) {
            this.number = number;
        }

        static Phase of(LearnerState state) {
            long number = state.counter(PHASE);
            return Arrays.stream(values())
                    .filter(phase -> phase.number == number)
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("expected a phase of an update, got " + number));
        }
    }

    private final BcoFromLogs learner;
    private final BcoFromLogsConfig config;
    private final BcoFromLogs.Material material;
    private final LearnerState begun;
    private final long[] seeds;

    private Phase phase;
    private Interaction interaction;
    private LearnerState policy;
    private @Nullable LearnerState fitted;
    private double fittedLoss;
    private long fittedSeen;
    private long drifts;
    private Drift drift = Drift.NONE;
    private boolean refits;
    private double held;
    private boolean diverged;
    private RolloutCollector.@Nullable Collection exploring;
    private @Nullable Update underWay;
    private SortedMap<String, Double> ofCloning = new TreeMap<>();

    BcoFromLogsUpdate(
            BcoFromLogs learner,
            BcoFromLogsConfig config,
            BcoFromLogs.Material material,
            LearnerState state,
            long seed) {
        this.learner = learner;
        this.config = config;
        this.material = material;
        begun = state;
        seeds = new SplittableRandom(seed).longs(6).toArray();
        phase = Phase.of(state);
        interaction = learner.interaction(state);
        policy = policy(state);
        LearnerState dynamics = Nested.part(state, DYNAMICS);
        fitted = dynamics.vectors().isEmpty() ? null : dynamics;
        fittedLoss = fitted == null ? Double.NaN : loss(state);
        fittedSeen = state.counter(FITTED_SEEN);
        drifts = state.counter(DRIFTS);
        if (phase != Phase.TAKE_IN) {
            double[] figures = state.statistic(FIGURES);
            drift = new Drift((int) figures[0], figures[1], figures[2], figures[3]);
            refits = figures[4] != 0;
        }
    }

    private static double loss(LearnerState state) {
        return state.statistics().getOrDefault(FITTED_LOSS, new double[] {Double.NaN})[0];
    }

    /** Returns the memory of a learner that has seen nothing, from that of its policy. */
    static LearnerState initial(LearnerState policy) {
        return new Nested().put(POLICY, policy).state();
    }

    /** Returns the memory of the policy that is exported. */
    static LearnerState policy(LearnerState state) {
        return Nested.part(state, POLICY);
    }

    /** Returns whether a learner with that memory has yet to explore. */
    static boolean explores(LearnerState state) {
        return state.counter(UPDATES) == 0 && Phase.of(state) == Phase.TAKE_IN;
    }

    @Override
    public boolean step() {
        switch (phase) {
            case TAKE_IN -> takeIn();
            case FIT -> fit();
            case CLONE -> clone(material.shown(), material.earlier());
            case OVER -> {
                // nothing is left
            }
        }
        return phase != Phase.OVER;
    }

    private void takeIn() {
        Environment environment = material.environment();
        if (environment == null) {
            takeIn(material.fresh());
            return;
        }
        RolloutCollector.Collection now = exploring;
        if (now == null) {
            now = new RolloutCollector(environment)
                    .beginSteps(environment.randomBehaviour(), config.explored(), seeds[0]);
            exploring = now;
        }
        if (!now.advance(STEPS_PER_SLICE)) {
            takeIn(learner.explored(now.rollout()).and(material.fresh()));
        }
    }

    /** Takes in new interaction: is it as it was when the dynamics were fitted? */
    private void takeIn(Transitions fresh) {
        LearnerState dynamics = fitted;
        if (dynamics != null && fresh.rows() >= config.fewestTested()) {
            drift = Drift.of(learner.dynamics().logProbabilities(dynamics, fresh));
            drifts = drift.isCertainlyAbove(fittedLoss, config.drift()) ? drifts + 1 : 0;
        }
        boolean drifted = drift.rows() > 0 && drifts > 0;
        Interaction kept = drifted && drifts > 1 ? learner.none() : interaction;
        interaction = kept.and(fresh, config.most(), seeds[1]);
        boolean isTooLittle = interaction.kept().rows() < Drift.BLOCKS;
        refits = !isTooLittle && (dynamics == null || drifted || interaction.seen() >= config.growth() * fittedSeen);
        if (isTooLittle) {
            hold(TrainingReport.WITHOUT_ACTIONS);
        } else {
            phase = refits ? Phase.FIT : Phase.CLONE;
            fitted = refits ? null : dynamics;
        }
    }

    private void hold(double why) {
        held = why;
        phase = Phase.OVER;
    }

    private void fit() {
        Update now = underWay;
        if (now == null) {
            LearnerState from = fitted;
            now = learner.dynamics()
                    .fit(from == null ? learner.dynamics().initialState(seeds[2]) : from, interaction.kept(), seeds[2]);
            underWay = now;
        }
        if (now.step()) {
            return;
        }
        fitted = now.state();
        fittedLoss = Objects.requireNonNull(now.report().figures().get("validationLoss"));
        fittedSeen = interaction.seen();
        diverged = now.report().problem() != null;
        close();
        phase = diverged ? Phase.OVER : Phase.CLONE;
    }

    private void clone(List<Trajectory> shown, List<Trajectory> earlier) {
        Update now = underWay;
        if (now == null) {
            LearnerState dynamics = Objects.requireNonNull(fitted);
            List<Trajectory> fresh = learner.labelled(dynamics, shown, seeds[3]);
            List<Trajectory> older = learner.labelled(dynamics, earlier, seeds[4]);
            if (fresh.isEmpty() && older.isEmpty()) {
                hold(TrainingReport.WITHOUT_DEMONSTRATIONS);
                return;
            }
            now = fresh.isEmpty()
                    ? learner.clone(policy, older, List.of(), seeds[5])
                    : learner.clone(policy, fresh, older, seeds[5]);
            underWay = now;
        }
        if (!now.step()) {
            policy = now.state();
            ofCloning = now.report().figures();
            diverged = ofCloning.getOrDefault(TrainingReport.DIVERGED, 0.0) != 0;
            close();
            phase = Phase.OVER;
        }
    }

    @Override
    public double progress() {
        Update now = underWay;
        double within = now == null ? 0 : now.progress();
        return switch (phase) {
            case TAKE_IN -> 0;
            case FIT -> within / 2;
            case CLONE -> 0.5 + within / 2;
            case OVER -> 1;
        };
    }

    @Override
    public LearnerState state() {
        if (phase == Phase.TAKE_IN) {
            return begun;
        }
        Update now = underWay;
        Nested memory = new Nested().put(POLICY, phase == Phase.CLONE && now != null ? now.state() : policy);
        LearnerState dynamics = phase == Phase.FIT && now != null ? now.state() : fitted;
        if (dynamics != null) {
            memory.put(DYNAMICS, dynamics).put(FITTED_LOSS, fittedLoss);
        }
        interaction.addTo(memory);
        memory.put(FITTED_SEEN, fittedSeen).put(DRIFTS, drifts);
        if (phase == Phase.OVER) {
            return memory.put(UPDATES, begun.counter(UPDATES) + 1).state();
        }
        return memory.put(UPDATES, begun.counter(UPDATES))
                .put(PHASE, phase.number)
                .put(FIGURES, drift.rows(), drift.mean(), drift.low(), drift.high(), refits ? 1 : 0)
                .state();
    }

    /**
     * Returns what the update did: the figures of cloning; how much {@code interaction} was ever seen and is kept; the
     * {@code dynamicsLoss} on interaction that the dynamics were not fitted to; and, where new interaction was tested
     * by them, its {@code newLoss} with an interval, and whether that is {@code drift}.
     */
    @Override
    public TrainingReport report() {
        SortedMap<String, Double> report = new TreeMap<>(ofCloning);
        report.put("interaction", (double) interaction.seen());
        report.put("interactionKept", (double) interaction.kept().rows());
        report.put("refitted", refits ? 1.0 : 0.0);
        if (!Double.isNaN(fittedLoss)) {
            report.put("dynamicsLoss", fittedLoss);
        }
        if (drift.rows() > 0) {
            report.put("newInteraction", (double) drift.rows());
            report.put("newLoss", drift.mean());
            report.put("newLossLow", drift.low());
            report.put("newLossHigh", drift.high());
            report.put("drift", (double) drifts);
        }
        if (held > 0) {
            report.put(TrainingReport.HELD, held);
        }
        report.put(TrainingReport.DIVERGED, diverged ? 1.0 : 0.0);
        return new TrainingReport(report);
    }

    /** Leaves the programs to the learner, who uses them again. */
    @Override
    public void close() {
        if (underWay != null) {
            underWay.close();
            underWay = null;
        }
    }
}
