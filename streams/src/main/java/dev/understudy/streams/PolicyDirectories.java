package dev.understudy.streams;

import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicyName;
import dev.understudy.domain.PolicySpec;
import dev.understudy.model.ModelIntake;
import dev.understudy.schemas.Acknowledgement;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Trust;
import dev.understudy.signing.UntrustedException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of every policy of an instance. A policy that was asked for has its {@link ModelDirectory} from the
 * beginning, a variant from its first promotion on. The global stores tell of promotions and hand out the pieces of
 * files; one thread loads for all.
 */
public final class PolicyDirectories implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PolicyDirectories.class);

    /** Seconds without news after which the intake makes ready for the next file: what is known needs no process. */
    private static final int QUIET_SECONDS = 10;

    private final ServingConfig config;
    private final List<Policies<?>> served;
    private final ServingMetrics metrics;
    private final Consumer<Acknowledgement> acknowledgements;
    private final InstantSource clock;
    private final Map<PolicyName, ModelDirectory> directories = new ConcurrentHashMap<>();
    private final ModelIntake intake;
    private final Queue<CompletableFuture<Boolean>> toldOf = new ConcurrentLinkedQueue<>();
    private final Semaphore news = new Semaphore(0);
    private volatile Function<ArtifactKey, @Nullable ArtifactChunk> artifacts = key -> null;
    private volatile Function<ArtifactKey, byte @Nullable []> signatures = key -> null;
    private volatile Consumer<DeadLetter> deadLetters = any -> {};
    private volatile boolean closed;
    private @Nullable Thread loader;

    /** Directories without models, which takes files in in this process: for those of one's own making. */
    public PolicyDirectories(
            ServingConfig config,
            List<Policies<?>> served,
            ServingMetrics metrics,
            Consumer<Acknowledgement> acknowledgements,
            InstantSource clock) {
        this(config, served, metrics, acknowledgements, clock, ModelIntake.inThisProcess());
    }

    /**
     * Directories without models. They load none before {@link #start}.
     *
     * @param served what is answered; promotions of other policies are ignored
     * @param metrics where swaps and refusals are counted
     * @param acknowledgements told of every model taken into service or refused, on the loader's thread
     * @param clock wall clock of the acknowledgements
     * @param intake that takes files in; closed with the directories
     */
    public PolicyDirectories(
            ServingConfig config,
            List<Policies<?>> served,
            ServingMetrics metrics,
            Consumer<Acknowledgement> acknowledgements,
            InstantSource clock,
            ModelIntake intake) {
        this.config = config;
        this.served = List.copyOf(served);
        this.metrics = metrics;
        this.acknowledgements = acknowledgements;
        this.clock = clock;
        this.intake = intake;
        for (Policies<?> policies : served) {
            policies.names().forEach(name -> open(name.parent(), policies.spec(name)));
        }
    }

    private ModelDirectory open(PolicyName policy, PolicySpec<?> spec) {
        String name = policy.toString();
        return directories.computeIfAbsent(
                policy,
                any -> new ModelDirectory(
                        name, spec.intakeCheck(name, config.intake()), intake, metrics, acknowledgements, this));
    }

    /** Returns what is answered, by domain. */
    List<Policies<?>> served() {
        return served;
    }

    /** Begins to load what is promoted, on a thread of its own. */
    public synchronized void start() {
        if (loader == null && !closed) {
            loader = new Thread(this::run, "model-loader-" + config.instance());
            loader.setDaemon(true);
            loader.start();
        }
    }

    /**
     * Returns the models that answer for a policy at an event time: its own, or those of its parent as long as it has
     * none in force.
     */
    ModelDirectory answering(PolicyName policy, long timeMs) {
        ModelDirectory own = policy.isVariant() ? directories.get(policy) : null;
        if (own != null && own.slot().metadata(timeMs) != null) {
            return own;
        }
        ModelDirectory parents = directories.get(policy.parent());
        if (parents == null) {
            throw new IllegalArgumentException("expected a policy of %s, got %s".formatted(served, policy));
        }
        return parents;
    }

    /**
     * Returns the models of a policy.
     *
     * @throws IllegalArgumentException if it is not answered, or is a variant that was never promoted
     */
    ModelDirectory directory(String policy) {
        ModelDirectory directory = directories.get(PolicyName.parse(policy));
        if (directory == null) {
            throw new IllegalArgumentException(
                    "expected one of the policies %s, got %s".formatted(directories.keySet(), policy));
        }
        return directory;
    }

    /** Returns the newest epoch that is in service, by policy; of those alone that have one. */
    SortedMap<String, Long> epochs() {
        SortedMap<String, Long> epochs = new TreeMap<>();
        directories.forEach((policy, directory) ->
                directory.slot().newestEpoch().ifPresent(epoch -> epochs.put(policy.toString(), epoch)));
        return epochs;
    }

    /** Sets who is told of records of the models topics that cannot be used. */
    public void deadLettersTo(Consumer<DeadLetter> receiver) {
        deadLetters = receiver;
    }

    /** Takes note of a record that cannot be used. */
    void dead(DeadLetter letter) {
        deadLetters.accept(letter);
    }

    /** Sets where pieces of files are looked up. */
    void artifactsFrom(Function<ArtifactKey, @Nullable ArtifactChunk> lookup) {
        artifacts = lookup;
        hasNews();
    }

    /** Sets where signatures of files are looked up, by the key of the record that closes a file. */
    void signaturesFrom(Function<ArtifactKey, byte @Nullable []> lookup) {
        signatures = lookup;
    }

    /** Returns whose signatures count. */
    Trust trust() {
        return config.trust();
    }

    /**
     * Verifies a whole file once more before it is loaded: it may have come when others were trusted.
     *
     * @throws UntrustedException if nobody who is trusted with it signed it
     */
    void checkSignature(String policy, String sha256) {
        ArtifactKey key = ArtifactKey.manifest(policy, sha256);
        ArtifactChunk manifest = artifact(key);
        trust().checkArtifact(policy, sha256, manifest == null ? null : manifest.bytes(), signatures.apply(key));
    }

    @Nullable
    ArtifactChunk artifact(ArtifactKey key) {
        return artifacts.apply(key);
    }

    /**
     * Takes note of a promotion; it comes into service once its file is there, good and warm. Of two of one epoch, the
     * one counts that takes {@linkplain dev.understudy.schemas.Precedence precedence}.
     *
     * @param offset where it stands in the topic
     */
    void promoted(Promotion promotion, long offset) {
        ModelDirectory directory = of(promotion);
        if (directory != null) {
            directory.promoted(promotion, offset);
        } else if (promotion.promoted() && isServed(PolicyName.parse(promotion.policy()))) {
            String reason = "expected at most %d policies in one instance (serve.policies.most), found one more"
                    .formatted(config.bounds().policies());
            metrics.modelsRejected.increment();
            LOG.warn("Promotion {} of {} is refused: {}", promotion.epoch(), promotion.policy(), reason);
            acknowledgements.accept(acknowledgement(promotion, false, reason, 0));
        }
    }

    /**
     * Takes note of a verdict in the history. The topic of promotions only keeps the last one; after a restart,
     * observations from before that took effect are answered by those that were in force then.
     *
     * @param offset where it stands in the topic
     */
    void judged(Promotion verdict, long offset) {
        ModelDirectory directory = of(verdict);
        if (directory != null) {
            directory.judged(verdict, offset);
        }
    }

    private boolean isServed(PolicyName policy) {
        return served.stream().anyMatch(policies -> policies.answers(policy));
    }

    /** Returns the models that a promotion adds to; null if it adds to none. */
    private @Nullable ModelDirectory of(Promotion promotion) {
        PolicyName policy = PolicyName.parse(promotion.policy());
        ModelDirectory known = directories.get(policy);
        if (!promotion.promoted()
                || known != null
                || directories.size() >= config.bounds().policies()) {
            return promotion.promoted() ? known : null;
        }
        return served.stream()
                .filter(policies -> policies.answers(policy))
                .findFirst()
                .map(policies -> open(policy, policies.spec(policy)))
                .orElse(null);
    }

    /** Takes note that another piece of a model file arrived. */
    void arrived(ArtifactKey key) {
        ModelDirectory directory = directories.get(PolicyName.parse(key.policy()));
        if (directory != null && directory.isWaiting()) {
            hasNews();
        }
    }

    /** Takes note that there may be something to load. */
    void hasNews() {
        news.release();
    }

    /**
     * Returns what is done once all that is known by now was looked at: it is in service, refused, or not there yet.
     */
    CompletableFuture<Boolean> lookedAt() {
        CompletableFuture<Boolean> looked = new CompletableFuture<>();
        toldOf.add(looked);
        hasNews();
        return looked;
    }

    private void run() {
        int quietSeconds = 0;
        while (!closed) {
            try {
                if (news.tryAcquire(1, TimeUnit.SECONDS)
                        || directories.values().stream().anyMatch(ModelDirectory::isWaiting)) {
                    news.drainPermits();
                    loadPending();
                } else if (++quietSeconds == QUIET_SECONDS) {
                    intake.prepare();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                LOG.warn("Kept the models in service: loading failed and will be tried again", e);
            }
        }
    }

    /** Loads what is promoted and complete. */
    void loadPending() {
        List<CompletableFuture<Boolean>> told = new ArrayList<>();
        for (var next = toldOf.poll(); next != null; next = toldOf.poll()) {
            told.add(next);
        }
        try {
            directories.values().stream()
                    .filter(ModelDirectory::isWaiting)
                    .sorted(Comparator.comparing(ModelDirectory::policy))
                    .takeWhile(any -> !closed)
                    .forEach(ModelDirectory::loadPending);
        } finally {
            told.forEach(each -> each.complete(true));
        }
    }

    Acknowledgement acknowledgement(Promotion promotion, boolean accepted, String reason, double loadMillis) {
        return new Acknowledgement(
                config.instance(),
                promotion.policy(),
                promotion.epoch(),
                promotion.sha256(),
                accepted,
                reason,
                loadMillis,
                Double.NaN,
                clock.millis());
    }

    /** Stops loading and takes every model out of service; sessions close as their leases come back. */
    @Override
    public void close() {
        closed = true;
        Thread running;
        synchronized (this) {
            running = loader;
            loader = null;
        }
        if (running != null) {
            running.interrupt();
            try {
                running.join(Duration.ofSeconds(10).toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        directories.values().forEach(directory -> directory.slot().close());
        intake.close();
    }
}
