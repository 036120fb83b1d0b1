/**
 * What a domain tells of itself, so that the pipeline need not know it: its records, what a policy observes of them,
 * and what the expert did.
 */
@NullMarked
package dev.understudy.domain;

import org.jspecify.annotations.NullMarked;
