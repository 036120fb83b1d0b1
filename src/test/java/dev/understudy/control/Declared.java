package dev.understudy.control;

import dev.understudy.domain.Actor;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Declarations and samples of them. */
final class Declared {
    private Declared() {}

    static Signal signal(String name, Signal.Missing missing, List<Integer> lags, List<Integer> differences) {
        return new Signal(name, "", -100, 100, missing, 7, 100, false, lags, differences);
    }

    /** A policy with steps of 50 ms whose values count for 100 ms. */
    static Declaration of(boolean isLinear, Signal... signals) {
        return new Declaration(
                "steering",
                50,
                100,
                List.of(signals),
                List.of(new DeclaredAction("wheel", "rad", -1, 1, 2, 0.5f)),
                List.of(),
                0,
                isLinear,
                Set.of(Actor.HUMAN),
                new Declaration.Gate(2, 8, 100));
    }

    static Declaration choices(Signal... signals) {
        return new Declaration(
                "turns",
                50,
                100,
                List.of(signals),
                List.of(),
                List.of("left", "straight", "right"),
                1,
                false,
                Set.of(Actor.HUMAN),
                new Declaration.Gate(2, 8, 100));
    }

    static ControlStep sample(long sequence, long timeMs, float @Nullable [] action, float... signals) {
        return new ControlStep(
                "car",
                "trip",
                sequence,
                timeMs,
                Actor.HUMAN,
                "",
                false,
                signals,
                action,
                Double.NaN,
                ControlStep.End.NONE);
    }
}
