package dev.understudy.domain;

import java.io.Serializable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a policy, such as {@code driving/car-following}, or of a variant of one, such as
 * {@code driving/car-following@fleet-7}: a policy of its own, with the spec of its parent.
 *
 * @param spec the name of its {@link PolicySpec}: a domain, a slash, and a word
 * @param variant 1 to 64 letters, digits, dots, dashes and underscores; empty where it is no variant
 */
public record PolicyName(String spec, String variant) implements Serializable {
    private static final String WORD = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";
    private static final Pattern FORM = Pattern.compile("([a-z][a-z0-9-]*/" + WORD + ")(?:@(" + WORD + "))?");
    private static final Pattern VARIANT = Pattern.compile(WORD);

    /**
     * Reads a name.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static PolicyName parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "expected a policy such as driving/car-following or driving/car-following@fleet-7, found \"%s\""
                            .formatted(text));
        }
        return new PolicyName(matcher.group(1), matcher.group(2) == null ? "" : matcher.group(2));
    }

    /** Returns whether a word is the name of the spec or its last part, in any case. */
    boolean isCalled(String word) {
        return word.equalsIgnoreCase(spec) || word.equalsIgnoreCase(spec.substring(spec.indexOf('/') + 1));
    }

    /** Returns whether a word names another variant of the same policy. */
    boolean isSibling(String word) {
        int at = word.indexOf('@');
        return isVariant() && at >= 0 && isCalled(word.substring(0, at)) && !variant.equals(word.substring(at + 1));
    }

    /** Returns whether a word can name a variant. */
    static boolean canBeVariant(String word) {
        return VARIANT.matcher(word).matches();
    }

    /** Returns the policy that a variant is one of; itself if it is none. */
    public PolicyName parent() {
        return isVariant() ? new PolicyName(spec, "") : this;
    }

    public boolean isVariant() {
        return !variant.isEmpty();
    }

    /** Returns the name of its domain. */
    public String domain() {
        return spec.substring(0, spec.indexOf('/'));
    }

    @Override
    public String toString() {
        return isVariant() ? spec + "@" + variant : spec;
    }
}
