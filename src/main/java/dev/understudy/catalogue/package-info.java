/** The list of all policies: the only place that names every domain. */
@NullMarked
package dev.understudy.catalogue;

import org.jspecify.annotations.NullMarked;
