/** Logs on files, and how well a policy does on them. */
@NullMarked
package dev.understudy.app.study;

import org.jspecify.annotations.NullMarked;
