package dev.understudy.model;

import java.util.Set;

/**
 * How replies are decoded from an {@link AutoregressivePolicy}.
 *
 * @param temperature by which logits are divided before a token is drawn; 0 for the likeliest token each time, else
 *     from 0.001 to 1000
 * @param nucleus of the probability, the share of the likeliest tokens that a token is drawn from (Holtzman et al.
 *     2020, arXiv:1904.09751); 1 for all
 * @param unrepeated how many tokens in a row a reply must not hold twice; 0 to allow it
 * @param most tokens of a reply, at most
 * @param stops tokens that end a reply and are not part of it
 */
public record Decoding(double temperature, double nucleus, int unrepeated, int most, Set<Integer> stops) {
    public Decoding {
        stops = Set.copyOf(stops);
        if (!(temperature == 0 || (temperature >= 1e-3 && temperature <= 1e3)) || !(nucleus > 0 && nucleus <= 1)) {
            throw new IllegalArgumentException(
                    "expected a temperature of 0 or from 0.001 to 1000 and a nucleus above 0 and at most 1,"
                            + " got %s and %s".formatted(temperature, nucleus));
        }
        if (unrepeated < 0 || unrepeated == 1 || most < 1) {
            throw new IllegalArgumentException(
                    "expected unrepeated to be 0 or at least 2 and most to be at least 1, got %d and %d"
                            .formatted(unrepeated, most));
        }
    }

    /** Returns what chat begins with (a guess): some variety, no loops, at most 40 tokens. */
    public static Decoding defaults(Set<Integer> stops) {
        return new Decoding(0.8, 0.9, 3, 40, stops);
    }

    /** Returns the likeliest token each time, with the other settings of {@link #defaults}. */
    public static Decoding greedy(Set<Integer> stops) {
        return new Decoding(0, 1, 3, 40, stops);
    }
}
