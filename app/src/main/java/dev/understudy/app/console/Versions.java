package dev.understudy.app.console;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The versions of this program and of what it stands on, as the build wrote them. */
public final class Versions {
    private Versions() {}

    /** Returns this program's version. */
    public static String own() {
        return read().getProperty("understudy");
    }

    /** Returns all versions by name. */
    public static Properties read() {
        Properties versions = new Properties();
        try (InputStream stream = Versions.class.getResourceAsStream("versions.properties")) {
            if (stream == null) {
                throw new IllegalStateException(
                        "expected versions.properties beside %s, found none".formatted(Versions.class.getName()));
            }
            versions.load(stream);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return versions;
    }
}
