/** What the machine says of running programs. */
@NullMarked
package dev.understudy.app.host;

import org.jspecify.annotations.NullMarked;
