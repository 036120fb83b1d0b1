package dev.understudy.schemas;

import java.io.IOException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;

/**
 * The symbols of an Avro enumeration and the Java constants of the same names, whatever the order of either.
 *
 * @param <E> the Java enumeration
 */
final class Symbols<E extends Enum<E>> {
    private final Class<E> type;
    private final List<E> bySymbol;
    private final EnumMap<E, Integer> numbers;

    /** @throws IllegalStateException if one side has a name that the other has not */
    Symbols(Class<E> type, Schema enumeration) {
        this.type = type;
        Map<String, E> constants = new HashMap<>();
        for (E constant : type.getEnumConstants()) {
            constants.put(constant.name(), constant);
        }
        List<String> symbols = enumeration.getEnumSymbols();
        if (!constants.keySet().equals(Set.copyOf(symbols))) {
            throw new IllegalStateException("expected the symbols of " + enumeration.getFullName()
                    + " to be the constants of " + type.getName() + " " + constants.keySet() + ", found " + symbols);
        }
        this.bySymbol =
                symbols.stream().map(symbol -> Enum.valueOf(type, symbol)).toList();
        this.numbers = new EnumMap<>(type);
        for (int i = 0; i < bySymbol.size(); i++) {
            numbers.put(bySymbol.get(i), i);
        }
    }

    void write(E value, BinaryEncoder out) throws IOException {
        out.writeEnum(Objects.requireNonNull(numbers.get(value)));
    }

    E read(BinaryDecoder in) throws IOException {
        int index = in.readEnum();
        if (index < 0 || index >= bySymbol.size()) {
            throw new IOException("expected one of the " + bySymbol.size() + " symbols of " + type.getSimpleName()
                    + ", found number " + index);
        }
        return bySymbol.get(index);
    }
}
