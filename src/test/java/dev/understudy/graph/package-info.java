/** Graphs held against central differences, hand-worked numbers and a reference framework. */
@NullMarked
package dev.understudy.graph;

import org.jspecify.annotations.NullMarked;
