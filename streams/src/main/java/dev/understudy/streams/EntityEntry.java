package dev.understudy.streams;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Experts;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Sample;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What serving remembers of one entity, and how that lies in the store. */
final class EntityEntry<S extends Sample> {
    private static final byte FORMAT = 5;
    private static final Actor[] ACTORS = Actor.values();

    private final PolicySpec<S> spec;
    private Featuriser<S> featuriser;
    /** Whose actions the featuriser learned from. */
    private Set<Actor> experts = Experts.DEFAULT;
    /** The episode under way, and the one before: a stray record of another must not end the one under way. */
    private EpisodeEntry current = new EpisodeEntry("");

    private EpisodeEntry previous = new EpisodeEntry("");
    /** Offset of the newest observation taken in. */
    long offset = -1;
    /** The last action, NaN if there was none, and its event time. */
    final float[] action;

    long actionTimeMs;

    EntityEntry(PolicySpec<S> spec) {
        this.spec = spec;
        featuriser = spec.featuriser();
        action = new float[spec.actionSize()];
        Arrays.fill(action, Float.NaN);
    }

    /**
     * Returns what makes observations for a model that learned from these experts. What was remembered of others tells
     * nothing of what it learned to see: then the entity is begun afresh.
     */
    Featuriser<S> featuriser(Set<Actor> ofModel) {
        if (experts != ofModel && !experts.equals(ofModel)) {
            featuriser = spec.featuriser();
        }
        experts = ofModel;
        return featuriser;
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
     * @param sentMs when it was sent, {@link dev.understudy.domain.TimeJumps#UNKNOWN} if nobody knows
     */
    boolean take(S sample, long sentMs) {
        EpisodeEntry entry = episode(sample.episode());
        boolean goesOn = entry == null || sample.sequence() > entry.newest();
        if (entry == null) {
            entry = new EpisodeEntry(sample.episode());
        }
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

    /** Takes note of what was done. */
    void act(float[] done, long timeMs) {
        System.arraycopy(done, 0, action, 0, action.length);
        actionTimeMs = timeMs;
        featuriser.acted(done);
    }

    byte[] toBytes() {
        ByteBuffer out = ByteBuffer.allocate(2
                + Integer.BYTES
                + Float.BYTES * action.length
                + 2 * Long.BYTES
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
        current.write(out);
        previous.write(out);
        featuriser.write(out);
        return out.array();
    }

    /** Reads an entry; one of another format or of another policy starts afresh, as nothing else can be done. */
    static <S extends Sample> EntityEntry<S> fromBytes(byte[] bytes, PolicySpec<S> spec) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        EntityEntry<S> entry = new EntityEntry<>(spec);
        if (in.get() != FORMAT) {
            return entry;
        }
        int mask = in.get();
        if (in.getInt() != entry.action.length) {
            return entry;
        }
        Set<Actor> experts = EnumSet.noneOf(Actor.class);
        for (int i = 0; i < ACTORS.length; i++) {
            if ((mask & 1 << i) != 0) {
                experts.add(ACTORS[i]);
            }
        }
        entry.experts = experts;
        for (int i = 0; i < entry.action.length; i++) {
            entry.action[i] = in.getFloat();
        }
        entry.offset = in.getLong();
        entry.actionTimeMs = in.getLong();
        entry.current = EpisodeEntry.read(in);
        entry.previous = EpisodeEntry.read(in);
        entry.featuriser = spec.featuriser(in);
        return entry;
    }
}
