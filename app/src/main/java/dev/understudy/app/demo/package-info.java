/** The whole loop in one JVM: what is shown of each domain, and the books that are kept of it. */
@NullMarked
package dev.understudy.app.demo;

import org.jspecify.annotations.NullMarked;
