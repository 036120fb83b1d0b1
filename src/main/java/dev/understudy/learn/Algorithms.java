package dev.understudy.learn;

import java.util.Set;

/** The names that algorithms are called by on the command line, in the jobs and in model files. */
public final class Algorithms {
    /** Behavioural cloning. */
    public static final String CLONING = "bc";

    /** Generative adversarial imitation learning, from a cloned policy. */
    public static final String GAIL = "gail";

    /** Behavioural cloning from observation: of demonstrations without actions. */
    public static final String BCO = "bco";

    /** Generative adversarial imitation from observation: of demonstrations without actions. */
    public static final String GAIFO = "gaifo";

    /** Adversarial inverse reinforcement learning: the policy, and the reward that the expert acts by. */
    public static final String AIRL = "airl";

    /** Those that read nothing of what demonstrators did. */
    public static final Set<String> OF_OBSERVATIONS = Set.of(BCO, GAIFO);

    /** Discriminator-actor-critic: gail off-policy, of actions that are numbers. */
    public static final String DAC = "dac";

    /** Inverse reinforcement learning of maximum causal entropy: the reward of a finite problem. */
    public static final String MCE = "mce";

    private Algorithms() {}
}
