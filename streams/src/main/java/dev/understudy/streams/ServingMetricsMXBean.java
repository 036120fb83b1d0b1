package dev.understudy.streams;

/** The counts of a serving instance as JMX shows them, under {@code dev.understudy:type=Serving,instance=NAME}. */
public interface ServingMetricsMXBean {
    long getObserved();

    long getDecided();

    long getFallbacks();

    long getDuplicates();

    long getDeadLettered();

    long getRollouts();

    long getSwaps();

    long getModelsRejected();

    long getUntrusted();

    long getUnreadable();

    double getLongestSwapPauseMillis();
}
