/** The model file: its metadata, the check before it is trusted, and the slot it is swapped into. */
@NullMarked
package dev.understudy.model;

import org.jspecify.annotations.NullMarked;
