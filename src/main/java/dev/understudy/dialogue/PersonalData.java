package dev.understudy.dialogue;

import dev.understudy.model.ModelFile;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts a fixed mark in the place of mail addresses, account, card and phone numbers. What looks like one but cannot be
 * one stays: account and card numbers must pass their checksums. {@code docs/algorithms/dialogue.md} lists the rules.
 */
public final class PersonalData {
    /** What stands for a mail address. */
    public static final String MAIL = "<mail>";
    /** What stands for an international bank account number. */
    public static final String ACCOUNT = "<account>";
    /** What stands for the number of a payment card. */
    public static final String CARD = "<card>";
    /** What stands for a phone number. */
    public static final String PHONE = "<phone>";

    // No number begins or ends inside a longer one, or inside a decimal.
    private static final String BEFORE = "(?<![\\p{L}\\p{N}])(?<!\\p{N}[.,:/-])";
    private static final String AFTER = "(?![\\p{L}\\p{N}])(?![.,:/-]\\p{N})";

    private static final Pattern MAIL_ADDRESS = Pattern.compile(
            "(?<![\\p{L}\\p{N}._%+-])[\\p{L}\\p{N}._%+-]{1,64}+@(?:[\\p{L}\\p{N}-]{1,63}\\.){1,8}\\p{L}{2,24}");

    /** Country, two check digits, 11 to 30 letters or digits; in one, or in groups of four and then in capitals. */
    private static final Pattern IBAN = Pattern.compile(BEFORE
            + "(?:(?i:[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30})|[A-Z]{2}[0-9]{2}(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)"
            + AFTER);

    /** In one, in groups of four, or 4-6-5 (also 4-6-4); begins as the issuers' numbers do. */
    private static final Pattern CARD_NUMBER = Pattern.compile(BEFORE
            + "(?=[2-6])(?:[0-9]{13,19}|[0-9]{4}([ \\p{Pd}])[0-9]{4}\\1[0-9]{4}\\1[0-9]{1,4}(?:\\1[0-9]{1,3})?"
            + "|[0-9]{4}([ \\p{Pd}])[0-9]{6}\\2[0-9]{4,5})" + AFTER);

    private static final String AREA_AND_EXCHANGE =
            "(?:\\([2-9][0-9]{2}\\) ?|[2-9][0-9]{2}[ .\\p{Pd}])[2-9][0-9]{2}[ .\\p{Pd}]";

    private static final Pattern PHONE_NUMBER = Pattern.compile(
            // +44 1223 351 880, 0044 ...: country code and 7 to 14 digits
            "(?<![\\p{L}\\p{N}+])(?:\\+|00)[1-9](?:[ ./()-]{0,2}[0-9]){7,14}" + AFTER
                    // 01223 351880, 030/1234567: a zero and 8 to 11 digits, in at most four groups
                    + "|" + BEFORE + "\\(?0[1-9][0-9]{1,4}\\)?[ /-]?(?:[0-9]{2,4}[ /-]?){1,3}[0-9]{2,4}" + AFTER
                    // 01 23 45 67 89, 01 223 355017: a zero and a digit, then two to four groups
                    + "|" + BEFORE + "0[1-9](?: [0-9]{2,6}){2,4}" + AFTER
                    // 06.12.34.56.78, 06-12-34-56-78
                    + "|" + BEFORE + "0[1-9](?:([.\\p{Pd}])[0-9]{2})(?:\\1[0-9]{2}){3}" + AFTER
                    // (415) 931-6917, 1-415-931-6917, 415.931.6917, 4159316917
                    + "|" + "(?<![\\p{L}\\p{N}+])(?<!\\p{N}[.,:/-])(?:1[ .-])?" + AREA_AND_EXCHANGE + "[0-9]{4}" + AFTER
                    + "|" + BEFORE + "1?[2-9][0-9]{2}[2-9][0-9]{6}" + AFTER);

    private PersonalData() {}

    /** Returns a text with marks in the place of personal data. */
    public static String masked(String text) {
        String masked = replaced(MAIL_ADDRESS, text, any -> true, MAIL);
        if (masked.chars().filter(Character::isDigit).count() < 9) {
            return masked; // shorter than any number that is looked for
        }
        masked = replaced(IBAN, masked, PersonalData::isAccount, ACCOUNT);
        masked = replaced(CARD_NUMBER, masked, PersonalData::isCard, CARD);
        return replaced(PHONE_NUMBER, masked, PersonalData::isPhone, PHONE);
    }

    /**
     * Returns a name that stands for another which holds personal data, such as the phone number that a channel knows a
     * person by: marks, and 12 digits of the SHA-256 of the name, so that two people stay two. Who knows the name can
     * find it again: it is a pseudonym, no secret. A name without personal data stays.
     */
    public static String pseudonym(String name) {
        String masked = masked(name);
        return masked.equals(name)
                ? name
                : masked + "-"
                        + ModelFile.sha256(name.getBytes(StandardCharsets.UTF_8))
                                .substring(0, 12);
    }

    private static String replaced(Pattern pattern, String text, Predicate<String> holds, String mark) {
        return pattern.matcher(text)
                .replaceAll((MatchResult found) ->
                        holds.test(found.group()) ? mark : Matcher.quoteReplacement(found.group()));
    }

    /** ISO 13616: the first four characters behind the others, letters as 10 to 35, leave 1 over 97. */
    private static boolean isAccount(String text) {
        String number = text.replace(" ", "").toUpperCase(Locale.ROOT);
        if (number.length() < 15 || number.length() > 34) {
            return false;
        }
        StringBuilder digits = new StringBuilder();
        (number.substring(4) + number.substring(0, 4)).chars().forEach(c -> digits.append(Character.digit(c, 36)));
        return new BigInteger(digits.toString()).mod(BigInteger.valueOf(97)).intValue() == 1;
    }

    /** ISO 7812: every second digit from the right counts twice, the sum of all digits ends in 0 (Luhn). */
    private static boolean isCard(String text) {
        String digits = digits(text);
        int sum = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(digits.length() - 1 - i) - '0';
            int counted = i % 2 == 0 ? digit : 2 * digit;
            sum += counted / 10 + counted % 10;
        }
        return digits.length() >= 13 && digits.length() <= 19 && sum % 10 == 0;
    }

    private static boolean isPhone(String text) {
        int digits = digits(text).length();
        return digits >= 9 && digits <= 15;
    }

    private static String digits(String text) {
        return text.replaceAll("[^0-9]", "");
    }
}
