package dev.understudy.learn.adversarial;

import dev.understudy.data.Trajectory;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** One update of {@link GailWithCloning}: cloning, then rounds of practice and cloning. */
final class GailWithCloningUpdate implements Update {
    private static final String NUMBER = GailWithCloning.ROUND + "number";
    private static final String PRACTISING = GailWithCloning.ROUND + "practising";
    private static final String STEPS = GailWithCloning.ROUND + "steps";
    private static final String UPDATES = GailWithCloning.ROUND + "updates";
    private static final String SUM = GailWithCloning.ROUND + "sum";
    private static final String FIGURE = GailWithCloning.ROUND + "figure.";
    private static final String DIVERGED = "diverged";
    private static final String ITERATIONS = "iterations";

    private final GailWithCloning learner;
    private final List<Trajectory> demonstrations;
    private final List<Trajectory> replay;
    private final long seed;
    private final long updatesBefore;
    private final SortedMap<String, Double> figures = new TreeMap<>();
    private LearnerState cloned;
    private LearnerState imitated;
    private double[] sum = {};
    private long steps;
    private int round;
    private boolean practising;
    private boolean over;
    private Update turn;

    GailWithCloningUpdate(
            GailWithCloning learner,
            LearnerState state,
            List<Trajectory> demonstrations,
            List<Trajectory> replay,
            long seed) {
        this.learner = learner;
        this.demonstrations = demonstrations;
        this.replay = replay;
        this.seed = seed;
        this.updatesBefore = state.counter(UPDATES);
        this.cloned = GailWithCloning.cloned(state);
        this.imitated = GailWithCloning.imitated(state);
        this.round = (int) state.counter(NUMBER);
        this.practising = state.counter(PRACTISING) != 0;
        this.steps = state.counter(STEPS);
        this.sum = state.statistics().getOrDefault(SUM, sum).clone();
        state.statistics().forEach((name, value) -> {
            if (name.startsWith(FIGURE)) {
                figures.put(name.substring(FIGURE.length()), value[0]);
            }
        });
        Update practice = practise(); // also in a turn of cloning, to refuse now what would be refused later
        this.turn = practising ? practice : learner.clone(round, cloned, demonstrations, replay, drawn());
    }

    private Update practise() {
        return learner.practise(imitated, demonstrations, replay, drawn());
    }

    /**
     * Returns what every draw of this round follows from: at first the seed, so that cloning begins as it would alone.
     */
    private long drawn() {
        return seed + round * 0x9E3779B97F4A7C15L;
    }

    @Override
    public boolean step() {
        if (over) {
            return false;
        }
        if (!turn.step()) {
            if (practising) {
                endPractice();
            } else {
                endCloning();
            }
        }
        return !over;
    }

    private void endCloning() {
        cloned = turn.state();
        imitated = learner.handedOver(round, cloned, imitated);
        if (round == 0) {
            turn.report().figures().forEach((name, value) -> figures.put(GailWithCloning.CLONING + name, value));
        }
        if (2 * round > learner.rounds()) {
            count(imitated.vector(PolicyImprovement.THETA));
        }
        turn.close();
        if (round == learner.rounds()) {
            imitated = averaged();
            cloned = GailWithCloning.handedBack(cloned, imitated);
            over = true;
            return;
        }
        practising = true;
        turn = practise();
    }

    private void endPractice() {
        figures.putAll(turn.report().figures());
        steps += figures.getOrDefault("steps", 0.0).longValue();
        if (isDiverged()) {
            over = true; // with the memory from before this practice
        } else {
            imitated = turn.state();
        }
        cloned = GailWithCloning.handedBack(cloned, imitated);
        turn.close();
        round++;
        practising = false;
        if (!over) {
            turn = learner.clone(round, cloned, demonstrations, replay, drawn());
        }
    }

    private boolean isDiverged() {
        return figures.getOrDefault(DIVERGED, 0.0) != 0;
    }

    private void count(float[] theta) {
        double[] counted = sum.length == 0 ? new double[theta.length] : sum;
        for (int i = 0; i < theta.length; i++) {
            counted[i] += theta[i];
        }
        sum = counted;
    }

    /** Returns GAIL's memory with the mean of the policies counted. */
    private LearnerState averaged() {
        int counted = learner.rounds() - learner.rounds() / 2;
        float[] mean = new float[sum.length];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (float) (sum[i] / counted);
        }
        return GailWithCloning.with(
                imitated.vectors(), PolicyImprovement.THETA, mean, imitated.statistics(), imitated.counters());
    }

    @Override
    public double progress() {
        if (over) {
            return 1.0;
        }
        double turnsDone = 2 * round + (practising ? 1 : 0) + turn.progress();
        return turnsDone / (2 * learner.rounds() + 1);
    }

    @Override
    public LearnerState state() {
        LearnerState joined = over
                ? GailWithCloning.joined(cloned, imitated)
                : practising
                        ? GailWithCloning.joined(cloned, turn.state())
                        : GailWithCloning.joined(turn.state(), imitated);
        SortedMap<String, double[]> statistics = new TreeMap<>(joined.statistics());
        SortedMap<String, Long> counters = new TreeMap<>(joined.counters());
        counters.put(UPDATES, updatesBefore + (over ? 1 : 0));
        if (!over) {
            counters.put(NUMBER, (long) round);
            counters.put(PRACTISING, practising ? 1L : 0L);
            counters.put(STEPS, steps);
            statistics.put(SUM, sum.clone());
            figures.forEach((name, value) -> statistics.put(FIGURE + name, new double[] {value}));
        }
        return new LearnerState(joined.vectors(), statistics, counters);
    }

    /**
     * What the last practice did; under {@code cloning.} what the first cloning did; {@code rounds} of practice done,
     * and in all of them {@code iterations} and {@code steps} in the environment.
     */
    @Override
    public TrainingReport report() {
        SortedMap<String, Double> report = new TreeMap<>(figures);
        double iterations = round * figures.getOrDefault(ITERATIONS, 0.0);
        double underWay = 0;
        if (practising && !over) {
            Map<String, Double> practice = turn.report().figures();
            report.putAll(practice);
            iterations += practice.getOrDefault(ITERATIONS, 0.0);
            underWay = practice.getOrDefault("steps", 0.0);
        }
        report.put(ITERATIONS, iterations);
        report.put("rounds", (double) round);
        report.put("steps", steps + underWay);
        double diverged = Math.max(
                report.getOrDefault(DIVERGED, 0.0), report.getOrDefault(GailWithCloning.CLONING + DIVERGED, 0.0));
        report.put(DIVERGED, diverged);
        return new TrainingReport(report);
    }

    @Override
    public void close() {
        turn.close();
    }
}
