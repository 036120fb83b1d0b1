/** Networks whose parameters are one flat vector, the scaler in front of them, and the optimisers behind. */
@NullMarked
package dev.understudy.network;

import org.jspecify.annotations.NullMarked;
