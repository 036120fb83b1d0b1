package dev.understudy.control;

import dev.understudy.domain.Envelope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last step after a declared policy, independent of it: every number stays in its range and changes no faster than
 * it may. A finite number outside is replaced by the nearest that is allowed, everything else by the neutral action.
 */
record DeclaredEnvelope(Declaration declaration) implements Envelope<ControlStep> {
    @Override
    public @Nullable String judge(ControlStep sample, float[] action, float[] previous, long millisSincePrevious) {
        List<DeclaredAction> numbers = declaration.numbers();
        if (numbers.isEmpty() || !isFinite(action)) {
            if (declaration.actions().contains(action, 0)) {
                return null;
            }
            String reason =
                    "expected an action in %s, got %s".formatted(declaration.actions(), Arrays.toString(action));
            fallback(sample, action);
            return reason;
        }
        List<String> reasons = new ArrayList<>();
        for (int i = 0; i < numbers.size(); i++) {
            DeclaredAction number = numbers.get(i);
            double most = number.perSecond() * Math.max(0, millisSincePrevious) / 1000.0;
            boolean isLimited = Float.isFinite(previous[i]) && Double.isFinite(most);
            double low = isLimited ? Math.max(number.low(), previous[i] - most) : number.low();
            double high = isLimited ? Math.min(number.high(), previous[i] + most) : number.high();
            float allowed = (float) Math.max(low, Math.min(high, action[i]));
            if (allowed != action[i]) {
                reasons.add("expected %s from %s to %s%s, got %s"
                        .formatted(
                                number.name(),
                                (float) low,
                                (float) high,
                                isLimited ? " after " + previous[i] : "",
                                action[i]));
                action[i] = allowed;
            }
        }
        return reasons.isEmpty() ? null : String.join("; ", reasons);
    }

    private static boolean isFinite(float[] action) {
        for (float number : action) {
            if (!Float.isFinite(number)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void fallback(ControlStep sample, float[] action) {
        List<DeclaredAction> numbers = declaration.numbers();
        if (numbers.isEmpty()) {
            action[0] = declaration.neutralChoice();
        }
        for (int i = 0; i < numbers.size(); i++) {
            action[i] = numbers.get(i).neutral();
        }
    }
}
