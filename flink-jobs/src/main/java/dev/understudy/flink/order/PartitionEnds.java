package dev.understudy.flink.order;

import java.io.Serializable;
import java.util.Map;
import java.util.Optional;

/** Says what is left to read in the partitions of the log topic. Used by one thread; answers do not block it. */
public interface PartitionEnds extends AutoCloseable {
    /**
     * What was there at one time.
     *
     * @param atMs wall clock before Kafka was asked, milliseconds since 1970
     * @param ends of every partition that is read, by its {@link dev.understudy.flink.logs.LogRecord#number}, the
     *     offset from which on there was nothing to read
     */
    record Seen(long atMs, Map<Integer, Long> ends) {
        public Seen {
            ends = Map.copyOf(ends);
        }
    }

    /** Opens it where the job runs. */
    interface Opener extends Serializable {
        /**
         * Opens it.
         *
         * @param isContinued whether the job goes on from a checkpoint, one from before positions were kept perhaps
         */
        PartitionEnds open(boolean isContinued);
    }

    /**
     * Returns the newest answer, empty if there is none since the last call, and has Kafka asked again soon.
     *
     * @param positions of each partition of which something was read, the offset after it
     */
    Optional<Seen> look(Map<Integer, Long> positions);

    @Override
    void close();
}
