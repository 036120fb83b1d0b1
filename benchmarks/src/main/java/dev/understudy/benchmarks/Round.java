package dev.understudy.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/**
 * What one topology did in steady state: from the moment the first share of its output was written to the last record.
 *
 * @param records written in that time
 * @param seconds it took
 * @param processCpuMicrosPerRecord CPU time of the whole process, broker and all
 * @param threadCpuMicrosPerRecord CPU time of the topology's own threads
 */
record Round(long records, double seconds, double processCpuMicrosPerRecord, double threadCpuMicrosPerRecord) {
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** Returns records a second. */
    double perSecond() {
        return records / seconds;
    }

    /** One look at clock, output and CPU times. */
    private record Look(long nanos, long records, long processNanos, long threadNanos) {
        static Look at(long records, String threadName) {
            return new Look(System.nanoTime(), records, processCpuNanos(), threadCpuNanos(threadName));
        }
    }

    /**
     * Watches a topic grow until it holds so many more records than {@code before}.
     *
     * @param before where each partition of the output ended before the topology began
     * @param expected records
     * @param warmUpShare of them that are not counted
     * @param threadName what the names of the topology's threads have in common
     * @throws IllegalStateException if nothing is written for 90 s
     */
    static Round watch(
            Admin admin, Map<TopicPartition, Long> before, long expected, double warmUpShare, String threadName)
            throws ExecutionException, InterruptedException {
        long base = sum(before);
        Look warm = null;
        long last = 0;
        long lastNanos = System.nanoTime();
        while (true) {
            long written = sum(ends(admin, before)) - base;
            if (warm == null && written >= warmUpShare * expected) {
                warm = Look.at(written, threadName);
            }
            if (warm != null && written >= expected) {
                Look end = Look.at(written, threadName);
                long records = Math.max(1, end.records - warm.records);
                return new Round(
                        records,
                        (end.nanos - warm.nanos) / 1e9,
                        (end.processNanos - warm.processNanos) / 1e3 / records,
                        (end.threadNanos - warm.threadNanos) / 1e3 / records);
            }
            if (written > last) {
                last = written;
                lastNanos = System.nanoTime();
            } else if (System.nanoTime() - lastNanos > PATIENCE.toNanos()) {
                throw new IllegalStateException("expected %d records in %s, got %d and none for %s"
                        .formatted(expected, before.keySet(), written, PATIENCE));
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    /** Returns where partitions end now. */
    static Map<TopicPartition, Long> ends(Admin admin, Map<TopicPartition, ?> partitions)
            throws ExecutionException, InterruptedException {
        return admin
                .listOffsets(partitions.keySet().stream()
                        .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest())))
                .all()
                .get()
                .entrySet()
                .stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().offset()));
    }

    private static long sum(Map<TopicPartition, Long> offsets) {
        return offsets.values().stream().mapToLong(Long::longValue).sum();
    }

    private static long processCpuNanos() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                .getProcessCpuTime();
    }

    private static long threadCpuNanos(String name) {
        long nanos = 0;
        for (ThreadInfo thread : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().contains(name)) {
                nanos += Math.max(0, THREADS.getThreadCpuTime(thread.getThreadId()));
            }
        }
        return nanos;
    }
}
