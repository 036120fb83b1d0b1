package dev.understudy.dialogue;

import java.util.SplittableRandom;

/**
 * Which rows make a batch. In each pass, rows are shuffled among all or, where replies are told apart, among those that
 * lie close together: a batch is of one time then, and its replies are about much the same.
 */
final class BatchOrder {
    /** Rows among which is shuffled, in batches (a guess). */
    private static final int BLOCK = 16;

    private final int rows;
    private final int batch;
    private final int block;
    private final long seed;
    private int pass = -1;
    private int[] order = {};

    private BatchOrder(int rows, int batch, int block, long seed) {
        this.rows = rows;
        this.batch = batch;
        this.block = block;
        this.seed = seed;
    }

    /**
     * Returns batches of rows that lie close together.
     *
     * @param rows how many there are, at least 1
     */
    static BatchOrder near(int rows, int batch, long seed) {
        return new BatchOrder(rows, batch, BLOCK * batch, seed);
    }

    /** Returns batches of rows from everywhere. */
    static BatchOrder everywhere(int rows, int batch, long seed) {
        return new BatchOrder(rows, batch, rows, seed);
    }

    /** Returns the rows of a batch by its number; where there are fewer rows than it needs, some come again. */
    int[] batch(int number) {
        int perPass = (rows + batch - 1) / batch;
        shuffle(number / perPass);
        int[] drawn = new int[batch];
        for (int i = 0; i < batch; i++) {
            drawn[i] = order[(int) (((long) (number % perPass) * batch + i) % rows)];
        }
        return drawn;
    }

    private void shuffle(int wanted) {
        if (wanted == pass) {
            return;
        }
        pass = wanted;
        SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + pass);
        int blocks = (rows + block - 1) / block;
        int[] blockOrder = new int[blocks];
        for (int i = 0; i < blocks; i++) {
            blockOrder[i] = i;
        }
        shuffle(blockOrder, 0, blocks, random);
        order = new int[rows];
        int at = 0;
        for (int number : blockOrder) {
            int from = at;
            for (int row = number * block; row < Math.min(rows, (number + 1) * block); row++) {
                order[at++] = row;
            }
            shuffle(order, from, at, random);
        }
    }

    private static void shuffle(int[] values, int from, int to, SplittableRandom random) {
        for (int i = to - 1; i > from; i--) {
            int other = from + random.nextInt(i - from + 1);
            int value = values[i];
            values[i] = values[other];
            values[other] = value;
        }
    }
}
