package dev.understudy.dialogue;

import java.util.Arrays;

/** Slots for keys, by open addressing: where in an array the values of a key belong. Keys are not negative. */
abstract class LongSlots {
    private static final int FIRST = 1 << 10;
    private static final long FREE = -1;

    private long[] keys = new long[FIRST];
    private int size;

    LongSlots() {
        Arrays.fill(keys, FREE);
    }

    /** Makes room for the values of so many slots, whose order is another from now on. */
    abstract void moved(int[] from, int slots);

    /** Returns the slot of a key, or a negative number if it has none. */
    final int find(long key) {
        int slot = slot(keys, key);
        return keys[slot] == key ? slot : -1;
    }

    /** Returns the slot of a key, a new one with values of zero if it had none. */
    final int findOrAdd(long key) {
        int slot = slot(keys, key);
        if (keys[slot] == key) {
            return slot;
        }
        if (++size > keys.length / 8 * 5) {
            grow();
            slot = slot(keys, key);
        }
        keys[slot] = key;
        return slot;
    }

    final int size() {
        return size;
    }

    final int slots() {
        return keys.length;
    }

    private void grow() {
        long[] grown = new long[keys.length * 2];
        int[] from = new int[grown.length];
        Arrays.fill(grown, FREE);
        Arrays.fill(from, -1);
        for (int i = 0; i < keys.length; i++) {
            if (keys[i] != FREE) {
                int slot = slot(grown, keys[i]);
                grown[slot] = keys[i];
                from[slot] = i;
            }
        }
        keys = grown;
        moved(from, grown.length);
    }

    private static int slot(long[] keys, long key) {
        long mixed = key * 0x9E3779B97F4A7C15L;
        int slot = (int) ((mixed ^ (mixed >>> 32)) & (keys.length - 1));
        while (keys[slot] != FREE && keys[slot] != key) {
            slot = (slot + 1) & (keys.length - 1);
        }
        return slot;
    }

    /** Returns values in the order of the new slots. */
    static int[] moved(int[] values, int[] from, int slots) {
        int[] moved = new int[slots];
        for (int i = 0; i < slots; i++) {
            moved[i] = from[i] < 0 ? 0 : values[from[i]];
        }
        return moved;
    }
}
