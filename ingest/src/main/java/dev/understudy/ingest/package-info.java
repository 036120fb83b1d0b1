/**
 * Reads logs from files and replays them into Kafka.
 *
 * <pre>
 *   OpenAccReader, MappedReader --&gt; SampleSource (Row: Sample | Bad) --&gt; Replay --&gt; driving.logs.v1
 *                                                                         |---&gt; driving.observations.v1
 *                                                                         '-Bad-&gt; dead-letters.v1
 *   EpisodesSource, DialogueFormat --&gt; SampleSource (Row: Step, Said | Bad) --&gt; the same of their domains
 * </pre>
 */
@NullMarked
package dev.understudy.ingest;

import org.jspecify.annotations.NullMarked;
