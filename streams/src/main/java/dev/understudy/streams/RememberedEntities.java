package dev.understudy.streams;

import dev.understudy.domain.Policies;
import dev.understudy.domain.Sample;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * What is known of the entities of a task: in a store, and the last of them decoded besides. What a batch changes is
 * written when it is decided.
 *
 * @param <S> the samples of the domain
 */
final class RememberedEntities<S extends Sample> {
    private final Policies<S> policies;
    private final Map<Bytes, EntityEntry<S>> touched = new LinkedHashMap<>();
    private final Map<Bytes, EntityEntry<S>> remembered;
    private KeyValueStore<Bytes, byte[]> store;

    /** @param most entities that are kept decoded */
    @SuppressWarnings("NullAway.Init") // restored before anything is asked
    RememberedEntities(Policies<S> policies, int most) {
        this.policies = policies;
        remembered = new LinkedHashMap<>(1024, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Bytes, EntityEntry<S>> eldest) {
                return size() > most;
            }
        };
    }

    /** Takes what a store holds for all that is known. */
    void restore(KeyValueStore<Bytes, byte[]> from) {
        store = from;
        touched.clear();
        remembered.clear();
    }

    /** Returns what is known of an entity, to be changed. */
    EntityEntry<S> of(Bytes entity) {
        return touched.computeIfAbsent(entity, this::entry);
    }

    private EntityEntry<S> entry(Bytes entity) {
        EntityEntry<S> entry = remembered.get(entity);
        if (entry == null) {
            byte[] stored = store.get(entity);
            entry = stored == null ? new EntityEntry<>(policies) : EntityEntry.fromBytes(stored, policies);
            remembered.put(entity, entry);
        }
        return entry;
    }

    /** Writes what was changed since the last time. */
    void store() {
        touched.forEach((entity, entry) -> {
            if (entry.isKnown) {
                store.put(entity, entry.toBytes());
            }
        });
        touched.clear();
    }
}
