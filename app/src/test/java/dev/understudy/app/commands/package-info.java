@NullMarked
package dev.understudy.app.commands;

import org.jspecify.annotations.NullMarked;
