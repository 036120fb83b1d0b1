package dev.understudy.dialogue;

/** What followed each context of one order: the sum of the counts, and how many tokens have a count of 1, 2 or more. */
final class NGramContexts extends LongSlots {
    private int[] totals = new int[slots()];
    private int[] ones = new int[slots()];
    private int[] twos = new int[slots()];
    private int[] tokens = new int[slots()];

    /** Notes that a token after a context was counted once more than {@code before}. */
    void counted(long context, int before) {
        int slot = findOrAdd(context);
        totals[slot]++;
        switch (before) {
            case 0 -> {
                tokens[slot]++;
                ones[slot]++;
            }
            case 1 -> {
                ones[slot]--;
                twos[slot]++;
            }
            case 2 -> twos[slot]--;
            default -> {}
        }
    }

    int total(int slot) {
        return totals[slot];
    }

    int ones(int slot) {
        return ones[slot];
    }

    int twos(int slot) {
        return twos[slot];
    }

    /** Returns how many tokens have a count of three or more. */
    int more(int slot) {
        return tokens[slot] - ones[slot] - twos[slot];
    }

    @Override
    void moved(int[] from, int slots) {
        totals = moved(totals, from, slots);
        ones = moved(ones, from, slots);
        twos = moved(twos, from, slots);
        tokens = moved(tokens, from, slots);
    }
}
