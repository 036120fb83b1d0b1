/** The cluster that commands talk to, and what lies in its topics. */
@NullMarked
package dev.understudy.app.kafka;

import org.jspecify.annotations.NullMarked;
