package dev.understudy.dialogue;

/** How often each n-gram of one order was counted. */
final class NGramCounts extends LongSlots {
    private int[] counts = new int[slots()];

    /** Returns the count, zero if there is none. */
    int get(long gram) {
        int slot = find(gram);
        return slot < 0 ? 0 : counts[slot];
    }

    /** Counts an n-gram once more; returns how often it was counted before. */
    int increment(long gram) {
        int slot = findOrAdd(gram);
        return counts[slot]++;
    }

    @Override
    void moved(int[] from, int slots) {
        counts = moved(counts, from, slots);
    }
}
