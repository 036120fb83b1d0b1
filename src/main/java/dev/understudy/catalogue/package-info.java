/** What there is: the one place that names every domain. */
@NullMarked
package dev.understudy.catalogue;

import org.jspecify.annotations.NullMarked;
