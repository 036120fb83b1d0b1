package dev.understudy.dialogue;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PersonalDataTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "write to ann.o-b+x@mail.example.co.uk.; write to <mail>.",
                "JÖRG@exämple.de, or b@c.org; <mail>, or <mail>",
                "my card is 4111 1111 1111 1111, ok?; my card is <card>, ok?",
                "4111111111111111; <card>",
                "5500-0000-0000-0004; <card>",
                "amex 3400 000000 00009; amex <card>",
                "pay to GB82 WEST 1234 5698 7654 32 please; pay to <account> please",
                "DE89370400440532013000; <account>",
                "de89370400440532013000; <account>",
                "FR14 2004 1010 0505 0001 3M02 606; <account>",
                "NO93 8601 1117 947 is mine; <account> is mine",
                "call +44 1223 351880 now; call <phone> now",
                "0044 1223 351880; <phone>",
                "ring 01223351880.; ring <phone>.",
                "01223 351 880; <phone>",
                "030/123 456 78; <phone>",
                "01 23 45 67 89 or 01 223 355017; <phone> or <phone>",
                "(415) 931-6917 or 415.931.6917; <phone> or <phone>",
                "1-415-931-6917; <phone>",
                "4159316917; <phone>",
                "+1 (415) 931 6917; <phone>",
                "06.12.34.56.78 or 06-12-34-56-78; <phone> or <phone>",
                "415\u2011931\u20116917 and 4111\u20131111\u20131111\u20131111; <phone> and <card>",
            })
    void personalDataIsReplacedByAMark(String text, String masked) {
        assertThat(PersonalData.masked(text)).isEqualTo(masked);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "they won 27-24 in 2016, 34-28 in 2017 and 41-33 in 2018",
                "from 1999 to 2001, 2001 2002 2003 2004",
                "2017-05-07 11:23:04, 07/05/2017, 05.07.2017",
                "it made $2,787,965,087 worldwide, or 2787965087.5",
                "$1,299.99 and 12,000,000 dollars",
                "pi is 3.14159265358979323846",
                "1234567890123456 passes no checksum",
                "4111 1111 1111 1112",
                "GB82 WEST 1234 5698 7654 33",
                "192.168.100.200 is an address of a machine",
                "the score was 100-98, then 555-1234",
                "train TR1234 leaves at 10:15, reference 7GAWK763",
                "@celtics at 8, a@b, me@ home",
                "version 1.2.3.4.5.6.7.8.9.10",
                "10000000000",
                "12 345 678 901 234",
                "01 02 2003",
            })
    void whatOnlyLooksLikeItStays(String text) {
        assertThat(PersonalData.masked(text)).isEqualTo(text);
    }

    @Test
    void longTextsTakeNoLongerThanTheirLength() {
        for (String part : new String[] {"a", "a.", "1", "1 ", "+1", "(0", "a@", "GB82 ", "4111 ", "@a.", "0123-"}) {
            String text = part.repeat(TurnCheck.MOST_CHARS / part.length());
            Assertions.assertTimeoutPreemptively(
                    Duration.ofSeconds(5),
                    () -> assertThat(PersonalData.masked(text)).isNotNull(),
                    part);
        }
    }

    @Test
    void aMarkIsNotMaskedAgain() {
        String once = PersonalData.masked("a@b.org 4159316917 DE89370400440532013000 4111111111111111");
        assertThat(once).isEqualTo("<mail> <phone> <account> <card>");
        assertThat(PersonalData.masked(once)).isEqualTo(once);
    }

    @Test
    void namesThatHoldPersonalDataStayApart() {
        assertThat(PersonalData.pseudonym("visitor-7")).isEqualTo("visitor-7");
        assertThat(PersonalData.pseudonym("whatsapp:+14159316917")).matches("whatsapp:<phone>-[0-9a-f]{12}");
        assertThat(PersonalData.pseudonym("+14159316917"))
                .isEqualTo(PersonalData.pseudonym("+14159316917"))
                .isNotEqualTo(PersonalData.pseudonym("+14159316918"));
    }
}
