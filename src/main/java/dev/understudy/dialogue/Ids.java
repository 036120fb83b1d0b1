package dev.understudy.dialogue;

import java.util.Arrays;

/** A growing list of ids. */
final class Ids {
    private int[] ids;
    private int size;

    Ids(int expected) {
        ids = new int[Math.max(4, expected)];
    }

    void add(int id) {
        ensure(1);
        ids[size++] = id;
    }

    void add(int[] more) {
        ensure(more.length);
        System.arraycopy(more, 0, ids, size, more.length);
        size += more.length;
    }

    void clear() {
        size = 0;
    }

    int get(int index) {
        return ids[index];
    }

    int size() {
        return size;
    }

    int[] toArray() {
        return Arrays.copyOf(ids, size);
    }

    private void ensure(int more) {
        if (size + more > ids.length) {
            ids = Arrays.copyOf(ids, Math.max(size + more, 2 * ids.length));
        }
    }
}
