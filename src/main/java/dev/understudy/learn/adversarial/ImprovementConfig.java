package dev.understudy.learn.adversarial;

import java.util.List;

/**
 * How a policy is improved by rewards.
 *
 * @param pairsPerIteration least number of steps of each rollout; episodes are whole
 * @param copies of the environment stepped together
 * @param gamma discount of rewards
 * @param lambda of generalised advantage estimation
 * @param causalEntropyWeight lambda of Ho and Ermon (2016), eq. 15: each step's reward gains -weight log pi(a|o)
 * @param valueHidden widths of the value function's hidden layers
 * @param region how steps of the policy, if it takes them by {@link Trpo}, and of the value function are bounded
 * @param curvatureStride every how many rows the curvature looks at
 * @param statistics whose observations decide how the policy's are standardised
 */
public record ImprovementConfig(
        int pairsPerIteration,
        int copies,
        double gamma,
        double lambda,
        double causalEntropyWeight,
        List<Integer> valueHidden,
        TrustRegion region,
        int curvatureStride,
        Statistics statistics) {
    /** Whose observations decide how the policy's are standardised. */
    public enum Statistics {
        /** The demonstrations' and all that the policy itself came by, iteration by iteration. */
        BOTH,
        /**
         * The demonstrations' of the first update: where a policy that fails wanders far from the expert, so that
         * statistics of both would leave no room for the differences that matter.
         */
        EXPERT,
        /** Neither: they come with a policy that was trained before, and stay as they are. */
        GIVEN
    }

    /** Standardises by the observations of both. */
    public ImprovementConfig(
            int pairsPerIteration,
            int copies,
            double gamma,
            double lambda,
            double causalEntropyWeight,
            List<Integer> valueHidden,
            TrustRegion region,
            int curvatureStride) {
        this(
                pairsPerIteration,
                copies,
                gamma,
                lambda,
                causalEntropyWeight,
                valueHidden,
                region,
                curvatureStride,
                Statistics.BOTH);
    }

    public ImprovementConfig {
        valueHidden = List.copyOf(valueHidden);
        if (pairsPerIteration < 1 || copies < 1 || !(gamma > 0 && gamma <= 1) || !(lambda >= 0 && lambda <= 1)) {
            throw new IllegalArgumentException(
                    "expected pairsPerIteration >= 1, copies >= 1, gamma in (0, 1], lambda in [0, 1], got %d, %d, %s, %s"
                            .formatted(pairsPerIteration, copies, gamma, lambda));
        }
    }

    /**
     * Returns the settings of the authors' code of GAIL for the classic tasks, with 25 copies and curvature over a
     * twentieth of the rows (Schulman et al., 2015, appendix C.1, take a tenth).
     */
    public static ImprovementConfig defaults() {
        return new ImprovementConfig(5000, 25, 0.995, 0.97, 0.0, List.of(100, 100), TrustRegion.defaults(), 20);
    }

    /**
     * Returns 2,000 pairs from 10 copies, curvature over a tenth, steps of KL 0.02, and the expert's statistics alone.
     */
    public static ImprovementConfig byExpert() {
        return new ImprovementConfig(
                2000,
                10,
                0.995,
                0.97,
                0.0,
                List.of(100, 100),
                new TrustRegion(0.02, 0.1, 10, 10, 0.1),
                10,
                Statistics.EXPERT);
    }

    /** Returns the same with another discount. */
    public ImprovementConfig withGamma(double discount) {
        return new ImprovementConfig(
                pairsPerIteration,
                copies,
                discount,
                lambda,
                causalEntropyWeight,
                valueHidden,
                region,
                curvatureStride,
                statistics);
    }
}
