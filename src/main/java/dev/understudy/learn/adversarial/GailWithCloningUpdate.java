package dev.understudy.learn.adversarial;

import dev.understudy.data.Trajectory;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The rounds of one update of {@link GailWithCloning}: cloning, practice, cloning, practice, ... */
final class GailWithCloningUpdate implements Update {
    private static final String NUMBER = GailWithCloning.ROUND + "number";
    private static final String PRACTISING = GailWithCloning.ROUND + "practising";
    private static final String STEPS = GailWithCloning.ROUND + "steps";
    private static final String UPDATES = GailWithCloning.ROUND + "updates";
    private static final String SUM = GailWithCloning.ROUND + "sum";
    private static final String FIGURE = GailWithCloning.ROUND + "figure.";
    private static final String DIVERGED = "diverged";

    /** Share of a round's work that is cloning, roughly. */
    private static final double CLONING_SHARE = 0.3;

    private final GailWithCloning learner;
    private final List<Trajectory> demonstrations;
    private final List<Trajectory> replay;
    private final long seed;
    private final long updatesBefore;
    private final SortedMap<String, Double> clonedFigures = new TreeMap<>();
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
                clonedFigures.put(name.substring(FIGURE.length()), value[0]);
            }
        });
        Update practice = practise(); // also in a turn of cloning, to refuse now what would be refused later
        this.turn = practising ? practice : learner.clone(round, cloned, demonstrations, replay, drawn());
    }

    private Update practise() {
        return learner.practise(imitated, demonstrations, replay, drawn());
    }

    /** Returns what every draw of this round follows from. */
    private long drawn() {
        return seed * 0x9E3779B97F4A7C15L + round;
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
            turn.report().figures().forEach((name, value) -> clonedFigures.put(GailWithCloning.CLONING + name, value));
        }
        turn.close();
        practising = true;
        turn = practise();
    }

    private void endPractice() {
        imitated = turn.state();
        Map<String, Double> figures = turn.report().figures();
        steps += figures.getOrDefault("steps", 0.0).longValue();
        boolean diverged = figures.getOrDefault(DIVERGED, 0.0) != 0;
        round++;
        if (2 * round > learner.rounds()) {
            count(imitated.vector(PolicyImprovement.THETA));
        }
        over = diverged || round == learner.rounds();
        if (over) {
            imitated = diverged ? imitated : averaged();
            cloned = GailWithCloning.handedBack(cloned, imitated);
            return;
        }
        cloned = GailWithCloning.handedBack(cloned, imitated);
        turn.close();
        practising = false;
        turn = learner.clone(round, cloned, demonstrations, replay, drawn());
    }

    private void count(float[] theta) {
        double[] counted = sum.length == 0 ? new double[theta.length] : sum;
        for (int i = 0; i < theta.length; i++) {
            counted[i] += theta[i];
        }
        sum = counted;
    }

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
        double ofTurn =
                practising ? CLONING_SHARE + (1 - CLONING_SHARE) * turn.progress() : CLONING_SHARE * turn.progress();
        return over ? 1.0 : (round + ofTurn) / learner.rounds();
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
            clonedFigures.forEach((name, value) -> statistics.put(FIGURE + name, new double[] {value}));
        }
        return new LearnerState(joined.vectors(), statistics, counters);
    }

    /**
     * What the last round's practice did; under {@code cloning.} what the first cloning did; {@code rounds} begun and
     * {@code steps} in the environment of all.
     */
    @Override
    public TrainingReport report() {
        SortedMap<String, Double> figures = new TreeMap<>(clonedFigures);
        double diverged = figures.getOrDefault(GailWithCloning.CLONING + DIVERGED, 0.0);
        double underWay = 0;
        if (practising) {
            Map<String, Double> practice = turn.report().figures();
            figures.putAll(practice);
            diverged = Math.max(diverged, practice.getOrDefault(DIVERGED, 0.0));
            underWay = over ? 0 : practice.getOrDefault("steps", 0.0);
        }
        figures.put("rounds", (double) round);
        figures.put("steps", steps + underWay);
        figures.put(DIVERGED, diverged);
        return new TrainingReport(figures);
    }

    @Override
    public void close() {
        turn.close();
    }
}
