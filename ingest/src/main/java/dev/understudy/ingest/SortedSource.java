package dev.understudy.ingest;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Another source in the order of event time, bad rows first; holds all of it in memory from the first call on. */
final class SortedSource implements SampleSource {
    private final SampleSource source;
    private @Nullable Iterator<Row> sorted;

    SortedSource(SampleSource source) {
        this.source = source;
    }

    @Override
    public String describe() {
        return source.describe() + " sorted by time";
    }

    @Override
    public List<String> notes() {
        return source.notes();
    }

    @Override
    public boolean hasNext() {
        return rows().hasNext();
    }

    @Override
    public Row next() {
        return rows().next();
    }

    @Override
    public void close() {
        source.close();
    }

    private Iterator<Row> rows() {
        if (sorted == null) {
            List<Row> rows = new ArrayList<>();
            source.forEachRemaining(rows::add);
            rows.sort(Comparator.comparingLong(
                    row -> row instanceof Row.Sample read ? read.sample().timeMs() : Long.MIN_VALUE));
            sorted = rows.iterator();
        }
        return sorted;
    }
}
