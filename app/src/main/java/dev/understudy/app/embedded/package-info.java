/** A broker and a Flink cluster in this JVM. */
@NullMarked
package dev.understudy.app.embedded;

import org.jspecify.annotations.NullMarked;
