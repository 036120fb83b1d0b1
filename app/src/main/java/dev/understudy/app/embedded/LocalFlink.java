package dev.understudy.app.embedded;

import dev.understudy.app.console.Failures;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.runtime.executiongraph.ErrorInfo;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Flink in this JVM: one cluster for several jobs, without a web page, its files in one directory. */
public final class LocalFlink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LocalFlink.class);
    private static final long PATIENCE_SECONDS = 30;

    /** The address that this machine alone reaches. */
    public static final String LOOPBACK = "127.0.0.1";

    private final MiniCluster cluster;
    private final Map<JobID, String> jobs = new LinkedHashMap<>();

    private LocalFlink(MiniCluster cluster) {
        this.cluster = cluster;
    }

    /**
     * Starts a cluster.
     *
     * @param directory for its temporary files
     * @param slots how many tasks of a kind it can run
     */
    public static LocalFlink start(Path directory, int slots) throws Exception {
        Configuration configuration = listeningAt(LOOPBACK);
        configuration.set(CoreOptions.TMP_DIRS, directory.toString());
        configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(16));
        configuration.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(32));
        configuration.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(32));
        MiniCluster cluster = new MiniCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(slots)
                .withRandomPorts()
                .build());
        cluster.start();
        return new LocalFlink(cluster);
    }

    /** Returns a configuration by which Flink's ports are open at one address, and jobs come from this JVM alone. */
    public static Configuration listeningAt(String address) {
        Configuration configuration = new Configuration();
        configuration.set(RestOptions.ADDRESS, address);
        configuration.set(RestOptions.BIND_ADDRESS, address);
        configuration.set(RestOptions.BIND_PORT, "0");
        configuration.set(JobManagerOptions.BIND_HOST, address);
        configuration.set(TaskManagerOptions.BIND_HOST, address);
        configuration.set(WebOptions.SUBMIT_ENABLE, false);
        return configuration;
    }

    /** Submits a job. */
    public void submit(String name, Consumer<StreamExecutionEnvironment> build) throws Exception {
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(1);
        build.accept(environment);
        StreamGraph graph = environment.getStreamGraph();
        graph.setJobName(name);
        JobGraph plan = graph.getJobGraph();
        cluster.submitJob(plan).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        jobs.put(plan.getJobID(), name);
    }

    /** Returns whether every task of every job runs. */
    public boolean isRunning() throws Exception {
        for (JobID job : jobs.keySet()) {
            boolean running = true;
            for (var vertex : cluster.getExecutionGraph(job)
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .getAllExecutionVertices()) {
                running &= vertex.getExecutionState() == org.apache.flink.runtime.execution.ExecutionState.RUNNING;
            }
            if (!running) {
                return false;
            }
        }
        return true;
    }

    /** Returns why a job ended by itself, if one did. */
    public Optional<String> failure() throws Exception {
        for (Map.Entry<JobID, String> job : jobs.entrySet()) {
            JobStatus status = cluster.getJobStatus(job.getKey()).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (status.isTerminalState()) {
                ErrorInfo failure = cluster.getExecutionGraph(job.getKey())
                        .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
                        .getFailureInfo();
                return Optional.of("%s is %s%s"
                        .formatted(
                                job.getValue(),
                                status,
                                failure == null
                                        ? ""
                                        : ": "
                                                + Failures.describe(failure.getException()
                                                        .deserializeError(LocalFlink.class.getClassLoader()))));
            }
        }
        return Optional.empty();
    }

    /** Cancels the jobs and stops the cluster. */
    @Override
    public void close() {
        jobs.keySet().forEach(job -> await(cluster.cancelJob(job), "cancel " + jobs.get(job)));
        await(cluster.closeAsync(), "stop Flink");
    }

    /** Waits. If it does not come, this is logged and the rest is closed. */
    private static void await(CompletableFuture<?> future, String what) {
        try {
            future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("could not {}", what, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
