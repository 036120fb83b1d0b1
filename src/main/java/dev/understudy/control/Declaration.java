package dev.understudy.control;

import dev.understudy.domain.Actor;
import dev.understudy.environment.ActionSpace;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A policy that a user declares: what it sees, what it can do, and how often.
 *
 * @param name the last part of the policy's name, {@code steering} of {@code control/steering}
 * @param stepMs time between its steps, milliseconds
 * @param longestGapMs longest time between two samples that belong together; a longer one begins a new run
 * @param signals what is measured, in the order in which a {@link ControlStep} has it
 * @param numbers what is done, where that is numbers; empty where it is a choice
 * @param choices what there is to choose from, by name; empty where actions are numbers
 * @param neutralChoice the choice where no policy answers
 * @param areActionsLinear whether actions between two samples lie on a straight line
 * @param experts who is learned from
 * @param gate what a candidate has to reach
 */
public record Declaration(
        String name,
        long stepMs,
        long longestGapMs,
        List<Signal> signals,
        List<DeclaredAction> numbers,
        List<String> choices,
        int neutralChoice,
        boolean areActionsLinear,
        Set<Actor> experts,
        Gate gate)
        implements Serializable {

    /**
     * What the gate asks for.
     *
     * @param firstEpisodes fewest held-out episodes for a first model
     * @param episodes fewest held-out episodes in a comparison
     * @param steps fewest held-out steps
     */
    public record Gate(int firstEpisodes, int episodes, long steps) implements Serializable {}

    /** Rises whenever {@link DeclaredFeaturiser} computes another number for the same input. */
    private static final int FEATURISER_VERSION = 1;

    public Declaration {
        signals = List.copyOf(signals);
        numbers = List.copyOf(numbers);
        choices = List.copyOf(choices);
        experts = Set.copyOf(experts);
        if (signals.isEmpty() || numbers.isEmpty() == choices.isEmpty() || experts.isEmpty()) {
            throw new IllegalArgumentException(
                    "expected signals, experts, and either numbers or choices as action, got %s, %s, %s, %s"
                            .formatted(signals, experts, numbers, choices));
        }
        if (stepMs < 1 || longestGapMs < stepMs) {
            throw new IllegalArgumentException(
                    "expected a step of at least 1 ms and gaps at least as long, got %d and %d"
                            .formatted(stepMs, longestGapMs));
        }
    }

    /** Returns n, the length of an observation. */
    public int observationSize() {
        return signals.stream().mapToInt(Signal::width).sum();
    }

    /** Returns k, the length of an action. */
    public int actionSize() {
        return choices.isEmpty() ? numbers.size() : 1;
    }

    /**
     * Returns what can be done. Numbers share the widest of their ranges here; each one's own is kept by the model and
     * by the envelope.
     */
    public ActionSpace actions() {
        if (!choices.isEmpty()) {
            return new ActionSpace.Discrete(choices.size());
        }
        float low =
                (float) numbers.stream().mapToDouble(DeclaredAction::low).min().orElseThrow();
        float high =
                (float) numbers.stream().mapToDouble(DeclaredAction::high).max().orElseThrow();
        return new ActionSpace.Continuous(numbers.size(), low, high);
    }

    /** Returns whether an action is one that may be done, each number within its own range. */
    boolean allows(float[] action) {
        if (action.length != actionSize() || !actions().contains(action, 0)) {
            return false;
        }
        for (int i = 0; i < numbers.size(); i++) {
            if (action[i] < numbers.get(i).low() || action[i] > numbers.get(i).high()) {
                return false;
            }
        }
        return true;
    }

    /** Returns how many steps before the newest have to be known. */
    public int reach() {
        return signals.stream().mapToInt(Signal::reach).max().orElse(0);
    }

    /**
     * Returns what each number of an observation is, such as {@code speed}, {@code speed[-2]}, {@code speed-speed[-1]}.
     */
    public List<String> observationNames() {
        return signals.stream()
                .flatMap(signal -> java.util.stream.Stream.concat(
                        signal.lags().stream().map(lag -> at(signal, lag)),
                        signal.differences().stream()
                                .map(steps ->
                                        at(signal, signal.newestLag()) + "-" + at(signal, signal.newestLag() + steps))))
                .toList();
    }

    private static String at(Signal signal, int lag) {
        return lag == 0 ? signal.name() : signal.name() + "[-" + lag + "]";
    }

    /**
     * Returns 16 hexadecimal digits that change whenever an observation or an action changes its meaning: models of
     * another fingerprint are refused. Ranges of signals, rate limits, experts and the gate are not part of it: no
     * policy sees them. Nor is where the numbers are read from.
     */
    public String fingerprint() {
        String text = "step %d gap %d\n%s\naction %s %s %s\nversion %d"
                .formatted(
                        stepMs,
                        longestGapMs,
                        signals.stream().map(Signal::meaning).collect(Collectors.joining("\n")),
                        areActionsLinear,
                        choices,
                        numbers.stream()
                                .map(number -> "%s %s %s %s"
                                        .formatted(number.name(), number.unit(), number.low(), number.high()))
                                .toList(),
                        FEATURISER_VERSION);
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
