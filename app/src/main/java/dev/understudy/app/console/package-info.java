/** What every command shares: settings, how it talks to people, how it fails. */
@NullMarked
package dev.understudy.app.console;

import org.jspecify.annotations.NullMarked;
