package dev.understudy.network;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What {@link NGramTables#recall} computes, for all tokens at once and as pieces of a graph. */
record NGramGraph(NGramTables tables) {
    /**
     * The chances of all tokens, and what is known of the context.
     *
     * @param chances {@code [batch, vocabulary]}
     * @param evidence as {@link NGramTables.Recall#evidence}, {@code [batch, evidence]}
     */
    record Chances(Tensor chances, Tensor evidence) {}

    /** What the context of one length says: who followed, each one's share, and what is left to the shorter one. */
    private record Followers(Tensor tokens, Tensor shares, Tensor left, Tensor counts) {}

    /**
     * Returns the chances of the next token.
     *
     * @param memory the exported part, {@code [exported]}
     * @param last INT64 {@code [batch]} each: the last token, the one before it, and so on; 0 before the first
     */
    Chances chances(Tensor memory, List<Tensor> last) {
        Tensor unigrams = memory.slice(0, 0, tables.vocabulary()).add(NGramTables.UNSEEN);
        Tensor chances = unigrams.div(unigrams.sum());
        @Nullable Tensor left = null;
        List<Tensor> tokens = new ArrayList<>();
        List<Tensor> shares = new ArrayList<>();
        List<Tensor> evidence = new ArrayList<>();
        for (int k = tables.order() - 1; k >= 0; k--) {
            Followers followers = followers(memory, k, last);
            tokens.add(followers.tokens());
            shares.add(left == null ? followers.shares() : followers.shares().mul(left));
            left = left == null ? followers.left() : left.mul(followers.left());
            evidence.add(0, followers.left());
            evidence.add(0, followers.counts().add(1f).log());
        }
        Tensor all = chances.mul(Objects.requireNonNull(left));
        return new Chances(
                all.scatterAdd(1, Tensor.concat(1, tokens), Tensor.concat(1, shares)), Tensor.concat(1, evidence));
    }

    private Followers followers(Tensor memory, int k, List<Tensor> last) {
        NGramTables.Table table = tables.tables().get(k);
        Graph graph = memory.graph();
        Tensor hash = last.get(0).add(number(graph, 1));
        for (int i = 1; i <= k; i++) {
            Tensor folded = hash.mul(number(graph, NGramTables.FOLD)).add(last.get(i));
            hash = remainder(folded.add(number(graph, 1)), NGramTables.PRIME);
        }
        Shape column = Shape.of(Shape.UNKNOWN, 1);
        Tensor fingerprint =
                remainder(hash, NGramTables.FINGERPRINTS).add(number(graph, 1)).reshape(column);
        long[] probes = new long[table.probes()];
        Arrays.setAll(probes, i -> i);
        Tensor start = remainder(hash.mul(number(graph, NGramTables.SPREAD)), NGramTables.PRIME)
                .reshape(column);
        Tensor slots = remainder(start.add(graph.constant(probes, Shape.of(1, probes.length))), table.slots());
        Tensor owned = memory.gather(0, slots.add(number(graph, tables.keys(k))))
                .equal(fingerprint.cast(ElementType.FLOAT))
                .cast(ElementType.FLOAT);

        long[] places = new long[table.width()];
        Arrays.setAll(places, i -> tables.entries(k) + i);
        Shape each = Shape.of(Shape.UNKNOWN, probes.length, 1);
        Tensor packed = memory.gather(
                        0,
                        slots.mul(number(graph, table.width()))
                                .reshape(each)
                                .add(graph.constant(places, Shape.of(1, 1, places.length))))
                .mul(owned.reshape(each))
                .reshape(Shape.of(Shape.UNKNOWN, (long) probes.length * places.length))
                .cast(ElementType.INT64);
        Tensor counts = packed.div(number(graph, tables.vocabulary()));
        Tensor tokens = packed.sub(counts.mul(number(graph, tables.vocabulary())));
        Tensor found = counts.cast(ElementType.FLOAT);
        Tensor discounts = graph.constant(new float[] {0, table.once(), table.twice(), table.more()}, Shape.of(4))
                .gather(0, found.min(graph.constant(3f)).cast(ElementType.INT64));
        Tensor sum = found.sum(true, 1);
        Tensor atLeastOne = sum.max(graph.constant(1f));
        Tensor isKnown = sum.min(graph.constant(1f));
        Tensor left = discounts.sum(true, 1).div(atLeastOne).add(isKnown.neg().add(1f));
        return new Followers(tokens, found.sub(discounts).div(atLeastOne), left, sum);
    }

    private static Tensor number(Graph graph, long value) {
        return graph.constant(new long[] {value}, Shape.of(1));
    }

    /** Returns x modulo m, for x of at least 0. */
    private static Tensor remainder(Tensor x, long modulus) {
        Tensor m = number(x.graph(), modulus);
        return x.sub(x.div(m).mul(m));
    }
}
