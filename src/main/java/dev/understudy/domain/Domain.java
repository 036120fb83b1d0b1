package dev.understudy.domain;

import java.io.Serializable;

/**
 * A kind of record and its topics.
 *
 * @param name its name, with which those of its topics and policies begin
 * @param sampleType its records
 */
public record Domain<S extends Sample>(String name, Class<S> sampleType) implements Serializable {}
