package dev.understudy.driving;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Parameters as a short line of text, such as {@code "v0=33.3 T=1.5"}, for the metadata of a model. */
final class ParameterText {
    private ParameterText() {}

    static String write(String[] names, double... values) {
        return IntStream.range(0, names.length)
                .mapToObj(i -> names[i] + "=" + values[i])
                .collect(Collectors.joining(" "));
    }

    /** Returns a value rounded to four significant digits, which is more precise than logs determine any parameter. */
    static double rounded(double value) {
        return new BigDecimal(value).round(new MathContext(4)).doubleValue();
    }

    static double[] read(String[] names, String text) {
        String[] parts = text.strip().split("\\s+", -1);
        double[] values = new double[names.length];
        for (int i = 0; i < names.length; i++) {
            String start = names[i] + "=";
            if (parts.length != names.length || !parts[i].startsWith(start)) {
                throw expected(names, text, null);
            }
            try {
                values[i] = Double.parseDouble(parts[i].substring(start.length()));
            } catch (NumberFormatException e) {
                throw expected(names, text, e);
            }
        }
        return values;
    }

    private static IllegalArgumentException expected(String[] names, String text, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "expected parameters %s as name=number, got \"%s\"".formatted(Arrays.toString(names), text), cause);
    }
}
