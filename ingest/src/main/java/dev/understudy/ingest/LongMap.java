package dev.understudy.ingest;

/** Numbers by keys of 64 bits, in plain arrays: 16 to 32 bytes an entry. */
final class LongMap {
    /** Stands for no value. */
    static final int NONE = 0;

    private long[] keys = new long[64];
    private int[] values = new int[64];
    private int size;

    /** Returns a hash of a text, of all 64 bits. */
    static long hash(String text) {
        long hash = text.length();
        for (int i = 0; i < text.length(); i++) {
            hash = mixed(hash + text.charAt(i));
        }
        return hash;
    }

    /** Returns a hash of a hash and a number. */
    static long hash(long hash, long number) {
        return mixed(hash ^ mixed(number));
    }

    /** The finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long mixed(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** Returns the number of entries. */
    int size() {
        return size;
    }

    /** Returns the value of a key, which is a hash; {@link #NONE} if it has none. */
    int get(long key) {
        return values[slot(key)];
    }

    /** Gives a key without a value one, other than {@link #NONE}. */
    void put(long key, int value) {
        if (4 * (size + 1) > 3 * keys.length) {
            grow();
        }
        int slot = slot(key);
        size += values[slot] == NONE ? 1 : 0;
        keys[slot] = key;
        values[slot] = value;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldValues = values;
        keys = new long[Math.multiplyExact(2, oldKeys.length)];
        values = new int[keys.length];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldValues[i] != NONE) {
                int slot = slot(oldKeys[i]);
                keys[slot] = oldKeys[i];
                values[slot] = oldValues[i];
            }
        }
    }

    /** Returns where a key is, or where it belongs: the first free place from its hash on. */
    private int slot(long key) {
        int slot = (int) (key & (keys.length - 1));
        while (values[slot] != NONE && keys[slot] != key) {
            slot = (slot + 1) & (keys.length - 1);
        }
        return slot;
    }
}
