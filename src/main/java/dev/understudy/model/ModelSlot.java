package dev.understudy.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Where a policy is swapped under load. A reader takes a {@link Lease}, computes with it, and gives it back; an
 * installer puts a newer promotion in at any time. Neither waits for the other. A session is closed by whoever gives
 * back its last use, never earlier: closing one that runs would end the JVM.
 *
 * <p>Which promotion answers an observation follows from its event time alone, so replicas and replays agree: of those
 * in force by then, the one of the highest epoch; none if it is earlier than all that are installed. The
 * {@code previous} promotions before the one in force stay loaded, so that a rollback to them loads nothing.
 *
 * <pre>
 *   install(epoch, policy, effectiveFrom) ──► [ previous | previous | in force | waiting for its time ]
 *                                                                      ▲
 *   lease(eventTime) ──────────────────────────────────────────────────┘
 * </pre>
 */
public final class ModelSlot implements AutoCloseable {
    /** How many promotions before the one in force stay loaded. */
    public static final int PREVIOUS = 2;

    private static final int MOST_INSTALLED = 32;

    private volatile List<Promoted> installed = List.of();
    private boolean closed;
    private volatile long latestEventTimeMs = Long.MIN_VALUE;

    /** A promotion and the session that answers for it. */
    private record Promoted(long epoch, long effectiveFromMs, Session session) {}

    /** A loaded policy and the number of its users: promotions installed and leases out. */
    private static final class Session {
        private final ServedPolicy policy;
        private final AtomicInteger users = new AtomicInteger(1);

        Session(ServedPolicy policy) {
            this.policy = policy;
        }

        /** Adds a user, unless the last one is gone. */
        boolean acquire() {
            int now = users.get();
            while (now > 0) {
                int seen = users.compareAndExchange(now, now + 1);
                if (seen == now) {
                    return true;
                }
                now = seen;
            }
            return false;
        }

        void release() {
            if (users.decrementAndGet() == 0) {
                policy.close();
            }
        }
    }

    /**
     * The right to use one session until it is given back. For one thread; give it back once computed, it keeps the
     * session open.
     */
    public static final class Lease implements AutoCloseable {
        private final Promoted promoted;
        private final long untilMs;
        private boolean returned;

        private Lease(Promoted promoted, long untilMs) {
            this.promoted = promoted;
            this.untilMs = untilMs;
        }

        /** Returns the policy; use it only until {@link #close}. */
        public ServedPolicy policy() {
            if (returned) {
                throw new IllegalStateException("the lease of epoch %d was given back".formatted(promoted.epoch));
            }
            return promoted.session.policy;
        }

        /** Returns the epoch of the promotion that put it in service. */
        public long epoch() {
            return promoted.epoch;
        }

        /** Returns the hash of the model's file. */
        public String sha256() {
            return promoted.session.policy.sha256();
        }

        /** Returns whether this lease also is the right one for an observation of that event time. */
        public boolean answers(long eventTimeMs) {
            return eventTimeMs >= promoted.effectiveFromMs && eventTimeMs < untilMs;
        }

        @Override
        public void close() {
            if (!returned) {
                returned = true;
                promoted.session.release();
            }
        }
    }

    /**
     * Returns a lease on the policy that answers observations of that event time: the promotion of the highest epoch
     * that is in force by then; null if none of those installed is.
     *
     * @param eventTimeMs milliseconds since 1970
     */
    public @Nullable Lease lease(long eventTimeMs) {
        while (true) {
            List<Promoted> now = installed;
            Promoted chosen = choose(now, eventTimeMs);
            if (chosen == null) {
                return null;
            }
            if (chosen.session.acquire()) {
                if (eventTimeMs > latestEventTimeMs) {
                    latestEventTimeMs = eventTimeMs;
                }
                long until = Long.MAX_VALUE;
                for (Promoted other : now) {
                    if (other.effectiveFromMs > eventTimeMs && other.effectiveFromMs < until) {
                        until = other.effectiveFromMs;
                    }
                }
                return new Lease(chosen, until);
            }
        }
    }

    /** Returns the metadata of the policy that answers observations of that event time; null if none does. */
    public @Nullable ModelMetadata metadata(long eventTimeMs) {
        Promoted chosen = choose(installed, eventTimeMs);
        return chosen == null ? null : chosen.session.policy.metadata();
    }

    private static @Nullable Promoted choose(List<Promoted> now, long eventTimeMs) {
        for (int i = now.size() - 1; i >= 0; i--) {
            Promoted promoted = now.get(i);
            if (promoted.effectiveFromMs <= eventTimeMs) {
                return promoted;
            }
        }
        return null;
    }

    /**
     * Puts a promotion in service and takes over the policy, which the slot will close. It takes the place of a
     * promotion of the same epoch, so the caller sees to their order.
     *
     * @param epoch the promotion's epoch
     * @param policy loaded and warm
     * @param effectiveFromMs event time from which it answers
     * @return whether it was installed; if not, because the slot is closed or keeps only newer ones, the policy is
     *     closed
     */
    public boolean install(long epoch, ServedPolicy policy, long effectiveFromMs) {
        return add(new Promoted(epoch, effectiveFromMs, new Session(policy)));
    }

    /**
     * Puts a promotion in service whose model is still loaded, as after a rollback.
     *
     * @return whether that model was loaded and the promotion is in service now
     */
    public boolean reinstall(long epoch, String sha256, long effectiveFromMs) {
        for (Promoted promoted : installed) {
            Session session = promoted.session;
            if (session.policy.sha256().equals(sha256) && session.acquire()) {
                return add(new Promoted(epoch, effectiveFromMs, session));
            }
        }
        return false;
    }

    private boolean add(Promoted promoted) {
        List<Promoted> retired;
        synchronized (this) {
            if (closed) {
                retired = List.of(promoted);
            } else {
                List<Promoted> after = new ArrayList<>(installed);
                retired = new ArrayList<>(after.stream()
                        .filter(other -> other.epoch == promoted.epoch)
                        .toList());
                after.removeAll(retired);
                after.add(promoted);
                after.sort(Comparator.comparingLong(Promoted::epoch));
                retired.addAll(retire(after));
                installed = List.copyOf(after);
            }
        }
        retired.forEach(old -> old.session.release());
        return !retired.contains(promoted);
    }

    /** Takes out what comes before the previous ones of the promotion in force; what still waits for its time stays. */
    private List<Promoted> retire(List<Promoted> sorted) {
        Promoted answering = choose(sorted, latestEventTimeMs);
        int inForce = answering == null ? 0 : sorted.indexOf(answering);
        int surplus = Math.max(inForce - PREVIOUS, sorted.size() - MOST_INSTALLED);
        List<Promoted> retired = new ArrayList<>(sorted.subList(0, Math.max(0, surplus)));
        sorted.subList(0, retired.size()).clear();
        return retired;
    }

    /** Returns the epoch of the newest promotion installed, if there is one. */
    public Optional<Long> newestEpoch() {
        List<Promoted> now = installed;
        return now.isEmpty() ? Optional.empty() : Optional.of(now.get(now.size() - 1).epoch);
    }

    /** Returns the hashes of the models that are loaded, by rising epoch. */
    public List<String> loaded() {
        return installed.stream()
                .map(promoted -> promoted.session.policy.sha256())
                .toList();
    }

    /** Takes everything out of service; sessions close as their leases come back. */
    @Override
    public void close() {
        List<Promoted> retired;
        synchronized (this) {
            closed = true;
            retired = installed;
            installed = List.of();
        }
        retired.forEach(promoted -> promoted.session.release());
    }
}
