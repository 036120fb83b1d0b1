/**
 * What travels between the programs: the records, their bytes, and the topics that hold them.
 *
 * <pre>
 *   record  -- Codec / UnderstudySerdes --&gt;  C3 01, fingerprint, Avro body  --&gt;  topic (Topics, TopicAdmin)
 * </pre>
 *
 * <p>No generated class and no Avro type leaves this package. A payload that cannot be read is an
 * {@link dev.understudy.schemas.UndecodableException} that says what was expected and what was found.
 */
@NullMarked
package dev.understudy.schemas;

import org.jspecify.annotations.NullMarked;
