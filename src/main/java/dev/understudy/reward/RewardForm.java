package dev.understudy.reward;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What reward a pair earns from the discriminator's logit z, where D = sigma(z) is the probability that the pair is the
 * <em>expert's</em>. All three rise with z. They differ in sign, and the sign alone decides whether it pays to stay
 * alive: a policy may learn the task from the sign and nothing from the expert (which a constant discriminator shows).
 */
public enum RewardForm {
    /** {@code -log(1 - D)} = softplus(z), never negative: each further step pays. For tasks that end on failure. */
    SURVIVAL("-log(1-D)", "never negative: rewards staying in the episode, right where episodes end on failure") {
        @Override
        public double of(double logit) {
            return softplus(logit);
        }
    },

    /** {@code log D} = -softplus(-z), never positive: each further step costs. For tasks that end on success. */
    TERMINATION("log D", "never positive: rewards ending the episode, right where episodes end on success") {
        @Override
        public double of(double logit) {
            return -softplus(-logit);
        }
    },

    /** {@code log D - log(1 - D)} = z, of either sign: no bias where D is 1/2. The form of Fu et al. (2018), AIRL. */
    LOG_ODDS("log D - log(1-D)", "of either sign: no bias while the discriminator cannot tell") {
        @Override
        public double of(double logit) {
            return logit;
        }
    };

    private final String formula;
    private final String bias;

    RewardForm(String formula, String bias) {
        this.formula = formula;
        this.bias = bias;
    }

    /** Returns the reward, in nats, for a logit of D = probability of expert. */
    public abstract double of(double logit);

    /** Returns the form as a formula of D. */
    public String formula() {
        return formula;
    }

    /** Returns, in words, the sign and what it rewards whatever the expert does. */
    public String bias() {
        return bias;
    }

    /**
     * Returns the form of that name: {@code survival}, {@code termination} or {@code log-odds}.
     *
     * @throws IllegalArgumentException naming the forms there are
     */
    public static RewardForm named(String name) {
        for (RewardForm form : values()) {
            if (form.key().equals(name)) {
                return form;
            }
        }
        throw new IllegalArgumentException("expected a reward form among %s, got '%s'"
                .formatted(Arrays.stream(values()).map(RewardForm::key).collect(Collectors.joining(", ")), name));
    }

    /** Returns the name by which it is asked for. */
    public String key() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    /** log(1 + e^x) without overflow. */
    static double softplus(double x) {
        return Math.max(x, 0.0) + Math.log1p(Math.exp(-Math.abs(x)));
    }
}
