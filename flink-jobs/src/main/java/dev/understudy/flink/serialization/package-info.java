/** How what flows between operators and what they keep is written: explicit, versioned codecs, never Kryo. */
@NullMarked
package dev.understudy.flink.serialization;

import org.jspecify.annotations.NullMarked;
