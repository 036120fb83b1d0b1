package dev.understudy.streams;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Experts;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicyName;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Sample;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What serving remembers of one entity, and how that lies in the store. */
final class EntityEntry<S extends Sample> {
    private static final byte FORMAT = 6;
    private static final Actor[] ACTORS = Actor.values();

    private final Policies<S> policies;
    /** What the featuriser observes for: the spec of the episode under way. */
    private PolicySpec<S> spec;

    private Featuriser<S> featuriser;
    /** Whose actions the featuriser learned from. */
    private Set<Actor> experts = Experts.DEFAULT;
    /** The episode under way, and the one before: a stray record of another must not end the one under way. */
    private EpisodeEntry current;

    private EpisodeEntry previous;
    /** Offset of the newest observation taken in. */
    long offset = -1;
    /** Whether an observation of it was ever taken; nothing is stored of an entity that was only refused. */
    boolean isKnown;
    /** The last action, NaN if there was none, and its event time. */
    float[] action;

    long actionTimeMs;

    EntityEntry(Policies<S> policies) {
        this.policies = policies;
        spec = policies.specs().get(0);
        featuriser = spec.featuriser();
        action = nothing(spec);
        current = episodeOf("");
        previous = episodeOf("");
    }

    private EpisodeEntry episodeOf(String name) {
        return new EpisodeEntry(name, policies.longestPause());
    }

    private static float[] nothing(PolicySpec<?> spec) {
        float[] action = new float[spec.actionSize()];
        Arrays.fill(action, Float.NaN);
        return action;
    }

    /**
     * Returns what makes observations for a model of that spec that learned from these experts. What was remembered for
     * another spec, or of others, tells nothing of what it learned to see: then the entity is begun afresh.
     */
    Featuriser<S> featuriser(PolicySpec<S> ofEpisode, Set<Actor> ofModel) {
        if (!isOf(ofEpisode)) {
            action = nothing(ofEpisode);
        }
        if (!isOf(ofEpisode) || (experts != ofModel && !experts.equals(ofModel))) {
            featuriser = ofEpisode.featuriser();
        }
        spec = ofEpisode;
        experts = ofModel;
        return featuriser;
    }

    /** Returns the same for an observation that came before, perhaps of an earlier episode: nothing is changed. */
    Featuriser<S> featuriserAgain(PolicySpec<S> ofEpisode) {
        return isOf(ofEpisode) ? featuriser : ofEpisode.featuriser();
    }

    private boolean isOf(PolicySpec<S> other) {
        return spec.name().equals(other.name());
    }

    /** Returns the policy of an observation: that of its episode; null if it is none that was asked for. */
    @Nullable
    PolicyName policyOf(S sample) {
        EpisodeEntry entry = episode(sample.episode());
        PolicyName fixed = entry == null ? null : entry.policy;
        return fixed != null && policies.has(fixed) ? fixed : policies.policyOf(sample);
    }

    /** Returns what was done last in an episode of that spec, NaN if nothing was. */
    float[] action(PolicySpec<S> ofEpisode) {
        return isOf(ofEpisode) ? action : nothing(ofEpisode);
    }

    /** Returns whose actions it learned from so far. */
    Set<Actor> experts() {
        return experts;
    }

    private @Nullable EpisodeEntry episode(String name) {
        return name.equals(current.episode) ? current : name.equals(previous.episode) ? previous : null;
    }

    /** Returns whether an observation came before, without taking note of it. */
    boolean wasSeen(S sample) {
        EpisodeEntry entry = episode(sample.episode());
        return entry != null && entry.wasSeen(sample);
    }

    /** Returns the newest number of an episode, -1 if it is not one of the last two. */
    long newest(String episode) {
        EpisodeEntry entry = episode(episode);
        return entry == null ? -1 : entry.newest();
    }

    /** Returns the time of an episode by its observations so far, 0 if it is not one of the last two. */
    long timeMs(String episode) {
        EpisodeEntry entry = episode(episode);
        return entry == null ? 0 : entry.timeMs();
    }

    /** Returns whether the time of an observation that came before goes with its episode as it is now. */
    boolean goesOn(S sample, long sentMs) {
        EpisodeEntry entry = episode(sample.episode());
        return entry == null || entry.goesOn(sample, sentMs);
    }

    /**
     * Takes note of an observation that did not come before; returns whether its time is believed. Nothing is carried
     * over from a time that was put back.
     *
     * @param policy that of its episode
     * @param sentMs when it was sent, {@link dev.understudy.domain.TimeJumps#UNKNOWN} if nobody knows
     */
    boolean take(S sample, PolicyName policy, long sentMs) {
        EpisodeEntry entry = episode(sample.episode());
        boolean goesOn = entry == null || sample.sequence() > entry.newest();
        if (entry == null) {
            entry = episodeOf(sample.episode());
        }
        entry.policy = policy;
        EpisodeEntry.Time time = entry.take(sample, sentMs);
        boolean isAnother = entry != current && goesOn && time != EpisodeEntry.Time.DOUBTED;
        if (isAnother) {
            previous = current;
            current = entry;
        }
        if (isAnother || (entry == current && time == EpisodeEntry.Time.BEGINS_ANEW)) {
            featuriser.begin();
            Arrays.fill(action, Float.NaN);
        }
        return time != EpisodeEntry.Time.DOUBTED;
    }

    /** Takes note of what was done in an episode of that spec. */
    void act(PolicySpec<S> ofEpisode, float[] done, long timeMs) {
        if (!isOf(ofEpisode)) {
            return; // that episode is over
        }
        System.arraycopy(done, 0, action, 0, action.length);
        actionTimeMs = timeMs;
        featuriser.acted(done);
    }

    byte[] toBytes() {
        ByteBuffer out = ByteBuffer.allocate(2
                + Integer.BYTES
                + Float.BYTES * action.length
                + 2 * Long.BYTES
                + EpisodeEntry.bytes(spec.name())
                + current.bytes()
                + previous.bytes()
                + featuriser.bytes());
        int mask = 0;
        for (int i = 0; i < ACTORS.length; i++) {
            mask |= experts.contains(ACTORS[i]) ? 1 << i : 0;
        }
        out.put(FORMAT).put((byte) mask).putInt(action.length);
        for (float value : action) {
            out.putFloat(value);
        }
        out.putLong(offset).putLong(actionTimeMs);
        EpisodeEntry.put(out, spec.name());
        current.write(out);
        previous.write(out);
        featuriser.write(out);
        return out.array();
    }

    /** Reads an entry; of another format or of a policy that is not served here, what can be used of it. */
    static <S extends Sample> EntityEntry<S> fromBytes(byte[] bytes, Policies<S> policies) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        EntityEntry<S> entry = new EntityEntry<>(policies);
        if (in.get() != FORMAT) {
            return entry;
        }
        int mask = in.get();
        Set<Actor> experts = EnumSet.noneOf(Actor.class);
        for (int i = 0; i < ACTORS.length; i++) {
            if ((mask & 1 << i) != 0) {
                experts.add(ACTORS[i]);
            }
        }
        float[] action = new float[in.getInt()];
        for (int i = 0; i < action.length; i++) {
            action[i] = in.getFloat();
        }
        entry.offset = in.getLong();
        long actionTimeMs = in.getLong();
        String name = EpisodeEntry.text(in);
        entry.current = EpisodeEntry.read(in, policies.longestPause());
        entry.previous = EpisodeEntry.read(in, policies.longestPause());
        for (PolicySpec<S> spec : policies.specs()) {
            if (spec.name().equals(name) && spec.actionSize() == action.length) {
                entry.spec = spec;
                entry.experts = experts;
                entry.action = action;
                entry.actionTimeMs = actionTimeMs;
                entry.featuriser = spec.featuriser(in);
            }
        }
        return entry;
    }
}
