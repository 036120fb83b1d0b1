package dev.understudy.ingest;

/**
 * Numbers by keys of 64 bits, of which the oldest are forgotten: at least the last so many are there, at most twice as
 * many.
 */
final class RecentValues {
    private final int most;
    private LongMap newer = new LongMap();
    private LongMap older = new LongMap();

    /**
     * Creates one that is empty.
     *
     * @param most how many keys are remembered at least, above 0
     */
    RecentValues(int most) {
        this.most = most;
    }

    /**
     * Returns the value that a key, which is a hash, was given before. If there is none, gives it one and returns
     * {@link LongMap#NONE}.
     */
    int putIfAbsent(long key, int value) {
        int before = newer.get(key);
        if (before == LongMap.NONE) {
            before = older.get(key);
        }
        if (before == LongMap.NONE) {
            if (newer.size() == most) {
                older = newer;
                newer = new LongMap();
            }
            newer.put(key, value == LongMap.NONE ? 1 : value);
        }
        return before;
    }
}
