/** What happens to models: candidates, verdicts, and the pieces of their files. */
@NullMarked
package dev.understudy.flink.models;

import org.jspecify.annotations.NullMarked;
