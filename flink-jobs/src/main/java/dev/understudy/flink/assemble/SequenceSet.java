package dev.understudy.flink.assemble;

import java.io.IOException;
import java.util.Arrays;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Which sequence numbers of a trip were seen, as disjoint ranges in rising order. It stays small: beyond
 * {@link #RANGES} ranges the lowest gap counts as seen.
 */
final class SequenceSet {
    static final int RANGES = 64;

    /** First and last of each range, both inclusive. */
    private long[] ends = new long[4];

    private int size;

    /** Adds a number and returns whether it is new. */
    boolean add(long sequence) {
        int range = 0;
        while (range < size && ends[2 * range + 1] < sequence - 1) {
            range++;
        }
        if (range < size && ends[2 * range] <= sequence && sequence <= ends[2 * range + 1]) {
            return false;
        }
        boolean joinsLower = range < size && ends[2 * range + 1] == sequence - 1;
        int upper = joinsLower ? range + 1 : range;
        if (upper < size && ends[2 * upper] <= sequence && sequence <= ends[2 * upper + 1]) {
            return false;
        }
        boolean joinsUpper = upper < size && ends[2 * upper] == sequence + 1;
        if (joinsLower && joinsUpper) {
            ends[2 * range + 1] = ends[2 * upper + 1];
            remove(upper);
        } else if (joinsLower) {
            ends[2 * range + 1] = sequence;
        } else if (joinsUpper) {
            ends[2 * upper] = sequence;
        } else {
            insert(upper, sequence);
        }
        return true;
    }

    private void insert(int range, long sequence) {
        if (2 * size + 2 > ends.length) {
            ends = Arrays.copyOf(ends, 2 * ends.length);
        }
        System.arraycopy(ends, 2 * range, ends, 2 * range + 2, 2 * (size - range));
        ends[2 * range] = sequence;
        ends[2 * range + 1] = sequence;
        size++;
        if (size > RANGES) {
            ends[1] = ends[3];
            remove(1);
        }
    }

    private void remove(int range) {
        System.arraycopy(ends, 2 * range + 2, ends, 2 * range, 2 * (size - range - 1));
        size--;
    }

    void write(DataOutputView out) throws IOException {
        out.writeInt(size);
        for (int i = 0; i < 2 * size; i++) {
            out.writeLong(ends[i]);
        }
    }

    static SequenceSet read(DataInputView in) throws IOException {
        SequenceSet set = new SequenceSet();
        set.size = in.readInt();
        set.ends = new long[Math.max(4, 2 * set.size)];
        for (int i = 0; i < 2 * set.size; i++) {
            set.ends[i] = in.readLong();
        }
        return set;
    }
}
