/** JSON without a library. */
@NullMarked
package dev.understudy.json;

import org.jspecify.annotations.NullMarked;
