package dev.understudy.ingest;

import dev.understudy.domain.Sample;
import dev.understudy.driving.FollowingSample;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Rows in the order in which they are to be sent. Read once, by one thread; the same source gives the same rows again.
 */
public interface SampleSource extends Iterator<Row>, AutoCloseable {
    /** What is read and how, in one line; two sources with the same description give the same rows. */
    String describe();

    /**
     * Passes over rows that were dealt with before.
     *
     * @return how many there were, at most {@code rows}
     */
    default long skip(long rows) {
        long skipped = 0;
        while (skipped < rows && hasNext()) {
            next();
            skipped++;
        }
        return skipped;
    }

    /** What a user should know, in plain words, a line each; there may be more once all is read. */
    default List<String> notes() {
        return List.of();
    }

    @Override
    void close();

    /**
     * The samples of cars alone.
     *
     * @param onBad told of each row that is none
     */
    default Stream<FollowingSample> samples(Consumer<Row.Bad> onBad) {
        return samples(FollowingSample.class, onBad);
    }

    /**
     * The samples of one kind alone.
     *
     * @param onBad told of each row that is none
     */
    default <S extends Sample> Stream<S> samples(Class<S> type, Consumer<Row.Bad> onBad) {
        return StreamSupport.stream(
                        Spliterators.spliteratorUnknownSize(this, Spliterator.ORDERED | Spliterator.NONNULL), false)
                .mapMulti((Row row, Consumer<S> out) -> {
                    if (row instanceof Row.Usable read && type.isInstance(read.sample())) {
                        out.accept(type.cast(read.sample()));
                    } else if (row instanceof Row.Bad bad) {
                        onBad.accept(bad);
                    }
                })
                .onClose(this::close);
    }
}
