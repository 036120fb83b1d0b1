package dev.understudy.streams;

import dev.understudy.data.Rows;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Sample;
import dev.understudy.environment.ActionSpace;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelSlot;
import dev.understudy.schemas.Decision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the policy about a batch: each row is answered by the version that its event time belongs to. It keeps its
 * leases only while it computes. For one thread.
 */
final class BatchScorer {
    private static final Logger LOG = LoggerFactory.getLogger(BatchScorer.class);
    private static final int NONE = -1;
    private static final double HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
    /** How close to the bounds a squashed action is taken to be, as in training. */
    private static final double MOST = 1 - 2e-4;

    private final ServingMetrics metrics;
    private final PolicySpec<?> spec;
    private final int k;
    /** Least number of an action, and half of what lies between that and the greatest; NaN where there is no range. */
    private final double low;

    private final double halfRange;
    /** What there is to choose from; null where an action is numbers. */
    private final ActionSpace.@Nullable Discrete choices;

    /** What an action is written as; null where it is numbers. */
    private final ActionSpace.@Nullable Text texts;

    private Rows observations;
    private Rows gathered;
    private long[] eventTimes = new long[0];
    private ModelDirectory[] directories = new ModelDirectory[0];
    private int[] stampOf = new int[0];
    private boolean[] asked = new boolean[0];
    private long[] seeds = new long[0];
    private long[] gatheredSeeds = new long[0];
    private final List<Stamp> stamps = new ArrayList<>();
    private LoadedPolicy.Answer answers;
    private LoadedPolicy.Answer part;
    private int rows;
    private final Map<String, Long> newestEpochs = new HashMap<>();
    private long slowestNanos;
    private boolean swapping;

    /** Which version of which policy answered. */
    record Stamp(String policy, long epoch, String sha256) {}

    BatchScorer(PolicySpec<?> spec, ServingMetrics metrics) {
        this.spec = spec;
        this.metrics = metrics;
        k = spec.actionSize();
        choices = spec.actions() instanceof ActionSpace.Discrete discrete ? discrete : null;
        texts = spec.actions() instanceof ActionSpace.Text text ? text : null;
        boolean hasRange = spec.actions() instanceof ActionSpace.Continuous;
        low = hasRange ? ((ActionSpace.Continuous) spec.actions()).low() : Double.NaN;
        halfRange = hasRange ? (((ActionSpace.Continuous) spec.actions()).high() - low) / 2 : Double.NaN;
        observations = room(0);
        gathered = room(0);
        answers = LoadedPolicy.Answer.of(0, spec.actions());
        part = LoadedPolicy.Answer.of(0, spec.actions());
    }

    private Rows room(int most) {
        return spec.observationType().room(most, spec.observationSize());
    }

    /** Begins a batch of at most that many rows. */
    void begin(int most) {
        rows = 0;
        stamps.clear();
        if (eventTimes.length < most) {
            observations = room(most);
            gathered = room(most);
            eventTimes = new long[most];
            directories = new ModelDirectory[most];
            stampOf = new int[most];
            asked = new boolean[most];
            seeds = new long[most];
            gatheredSeeds = new long[most];
            answers = LoadedPolicy.Answer.of(most, spec.actions());
            part = LoadedPolicy.Answer.of(most, spec.actions());
        }
    }

    /** Returns a copy of a row's observation as numbers. */
    float[] observation(int row) {
        float[] copy = new float[observations.columns()];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = observations.at(row, i);
        }
        return copy;
    }

    /** Returns where observations are to be written: that of the next row to row {@link #next}. */
    Rows observations() {
        return observations;
    }

    int next() {
        return rows;
    }

    /**
     * Adds the row whose observation was just written.
     *
     * @param directory the models of the policy that is to answer
     * @param ask whether the policy is to answer it; otherwise it is only stamped
     */
    int add(ModelDirectory directory, Sample sample, boolean ask) {
        directories[rows] = directory;
        eventTimes[rows] = sample.timeMs();
        seeds[rows] = texts == null ? 0 : Exploration.seed(sample.entity(), sample.episode(), sample.sequence());
        stampOf[rows] = NONE;
        asked[rows] = ask;
        return rows++;
    }

    /** Has every row answered by its version. */
    void score() {
        if (rows == 0) {
            return;
        }
        long start = System.nanoTime();
        for (int row = 0; row < rows; row++) {
            if (stampOf[row] == NONE) {
                try (ModelSlot.Lease lease = directories[row].slot().lease(eventTimes[row])) {
                    if (lease != null) {
                        answer(row, lease);
                    }
                }
            }
        }
        watch(System.nanoTime() - start);
    }

    /** Answers every row from {@code first} on that belongs to a lease. */
    private void answer(int first, ModelSlot.Lease lease) {
        int stamp = stamps.size();
        stamps.add(new Stamp(directories[first].policy(), lease.epoch(), lease.sha256()));
        int count = 0;
        int[] sources = new int[rows - first];
        for (int row = first; row < rows; row++) {
            if (stampOf[row] == NONE && directories[row] == directories[first] && lease.answers(eventTimes[row])) {
                stampOf[row] = stamp;
                if (asked[row]) {
                    observations.copy(row, 1, gathered, count);
                    gatheredSeeds[count] = seeds[row];
                    sources[count++] = row;
                }
            }
        }
        if (count == 0) {
            return;
        }
        try {
            lease.policy().answer(gathered, count, gatheredSeeds, part);
        } catch (IllegalStateException e) {
            // An action that is not a number is one the envelope replaces. Rows of other versions keep theirs.
            for (int i = 0; i < count; i++) {
                unknown(sources[i]);
            }
            LOG.warn(
                    "Model {} of promotion {} of {} did not answer {} observations",
                    lease.sha256(),
                    lease.epoch(),
                    directories[first].policy(),
                    count,
                    e);
            return;
        }
        for (int i = 0; i < count; i++) {
            copy(part.actions(), i, answers.actions(), sources[i], k);
            copy(part.modes(), i, answers.modes(), sources[i], k);
            copy(part.means(), i, answers.means(), sources[i], k);
            copy(part.logStds(), i, answers.logStds(), sources[i], k);
            copy(part.logits(), i, answers.logits(), sources[i], choices == null ? 0 : choices.count());
        }
    }

    private void unknown(int row) {
        for (float[] output : new float[][] {answers.actions(), answers.modes(), answers.means(), answers.logStds()}) {
            if (output != null) {
                Arrays.fill(output, row * k, (row + 1) * k, Float.NaN);
            }
        }
    }

    private static void copy(float @Nullable [] from, int source, float @Nullable [] to, int target, int columns) {
        if (from != null && to != null) {
            System.arraycopy(from, source * columns, to, target * columns, columns);
        }
    }

    /**
     * Puts the slowest batch of a swap down to it: from the beginning of the load to the first answer of the new one.
     */
    private void watch(long nanos) {
        metrics.batchTook(nanos);
        boolean swapped = false;
        boolean hadAnother = false;
        for (Stamp stamp : stamps) {
            long before = newestEpochs.getOrDefault(stamp.policy, 0L);
            if (stamp.epoch > before) {
                newestEpochs.put(stamp.policy, stamp.epoch);
                swapped = true;
                hadAnother |= before > 0;
            }
        }
        if (swapped || metrics.loading.get()) {
            swapping = true;
        }
        if (swapping) {
            slowestNanos = Math.max(slowestNanos, nanos);
        }
        if (swapped) {
            if (hadAnother) {
                metrics.swapPause(slowestNanos);
            }
            swapping = false;
            slowestNanos = 0;
        }
    }

    /** Returns the version a row belongs to, null if no model was in force at its event time. */
    @Nullable
    Stamp stamp(int row) {
        return stampOf[row] == NONE ? null : stamps.get(stampOf[row]);
    }

    /** Returns the policy's action for a row, {@code [k]}: its mode, or what was drawn; NaN unless it was asked. */
    float[] action(int row) {
        float[] actions = answers.actions();
        float[] action = new float[k];
        if (actions == null || !asked[row]) {
            Arrays.fill(action, Float.NaN);
        } else {
            System.arraycopy(actions, row * k, action, 0, k);
        }
        return action;
    }

    /** Returns what the draws of a row follow from, null where nothing is drawn. */
    @Nullable
    Long seed(int row) {
        return texts == null || !asked[row] ? null : (Long) seeds[row];
    }

    /** Returns an action as text, null where actions are numbers. */
    @Nullable
    String text(float[] action) {
        return texts == null ? null : texts.read(action, 0);
    }

    /** Brings a drawn action into the range of actions; what is no number stays so, for the envelope to find. */
    void clip(float[] action) {
        for (int i = 0; i < k; i++) {
            if (Float.isFinite(action[i]) && !Double.isNaN(low)) {
                action[i] = Math.max((float) low, Math.min((float) (low + 2 * halfRange), action[i]));
            }
        }
    }

    /** Puts a draw in the place of the policy's likeliest action; the same for the same sample and model. */
    void draw(int row, Sample sample) {
        Stamp stamp = stamp(row);
        String sha256 = stamp == null ? "" : stamp.sha256;
        if (choices != null) {
            choose(row, Exploration.uniform(sample.entity(), sample.episode(), sample.sequence(), sha256));
            return;
        }
        for (int i = 0; i < k; i++) {
            explore(row, i, Exploration.normal(sample.entity(), sample.episode(), sample.sequence(), sha256, i));
        }
    }

    /**
     * Puts a draw from the policy's distribution in the place of its mode. It is not clipped to the range of actions,
     * so that the density is its own.
     *
     * @param element of the action
     * @param normal a draw of the standard normal distribution
     */
    private void explore(int row, int element, double normal) {
        int at = row * k + element;
        float[] actions = answers.actions();
        float[] means = answers.means();
        float[] logStds = answers.logStds();
        if (actions != null && means != null && logStds != null) {
            double drawn = means[at] + Math.exp(logStds[at]) * normal;
            actions[at] = (float) (squashed(at) ? low + halfRange * (Math.tanh(drawn) + 1) : drawn);
        }
    }

    /**
     * Puts a draw from the policy's choices in the place of the likeliest one.
     *
     * @param uniform a number drawn from 0 to 1
     */
    private void choose(int row, double uniform) {
        float[] actions = answers.actions();
        float[] logits = answers.logits();
        if (choices == null || actions == null || logits == null || !asked[row]) {
            return;
        }
        double left = uniform;
        for (int choice = 0; choice < choices.count(); choice++) {
            left -= Math.exp(choices.logProbability(logits, row * choices.count(), choice));
            if (left < 0) {
                actions[row] = choice;
                return;
            }
        }
    }

    /** Returns whether the Gaussian is squashed into the range of actions by tanh: then the mode is not the mean. */
    private boolean squashed(int at) {
        float[] means = answers.means();
        float[] modes = answers.modes();
        return means != null && modes != null && modes[at] != means[at];
    }

    /**
     * Returns the natural logarithm of the density of the policy's action, in nats: that of a Gaussian at the action,
     * or, where it is squashed, that at u = atanh x less log(half range (1 - x^2)), x being the action scaled to -1..1.
     * Of a choice, that of its probability.
     */
    double logProbability(int row) {
        float[] logits = answers.logits();
        if (choices != null && logits != null && asked[row]) {
            return choices.logProbability(logits, row * choices.count(), action(row)[0]);
        }
        float[] means = answers.means();
        float[] logStds = answers.logStds();
        float[] actions = answers.actions();
        if (means == null || logStds == null || actions == null || !asked[row]) {
            return Double.NaN;
        }
        double sum = 0;
        for (int i = row * k; i < (row + 1) * k; i++) {
            sum += logDensity(actions[i], means[i], logStds[i], squashed(i));
        }
        return sum;
    }

    private double logDensity(double action, double mean, double logStd, boolean isSquashed) {
        double at = action;
        double logSlope = 0;
        if (isSquashed) {
            double x = Math.max(-MOST, Math.min(MOST, (at - low) / halfRange - 1));
            at = 0.5 * Math.log((1 + x) / (1 - x));
            logSlope = Math.log(halfRange * (1 - x * x));
        }
        double z = (at - mean) * Math.exp(-logStd);
        return -0.5 * z * z - logStd - HALF_LOG_TWO_PI - logSlope;
    }

    /** Returns what a row rests on, before the envelope. */
    Decision.Kind kind(int row) {
        if (stampOf[row] == NONE) {
            return Decision.Kind.FALLBACK_NO_MODEL;
        }
        return asked[row] ? Decision.Kind.POLICY : Decision.Kind.FALLBACK_HISTORY;
    }
}
