package dev.understudy.learn;

/** The names that algorithms are called by on the command line, in the jobs and in model files. */
public final class Algorithms {
    /** Behavioural cloning. */
    public static final String CLONING = "bc";

    /** Generative adversarial imitation learning, from a cloned policy. */
    public static final String GAIL = "gail";

    private Algorithms() {}
}
