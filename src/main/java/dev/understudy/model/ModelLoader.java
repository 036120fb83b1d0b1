package dev.understudy.model;

import java.io.Serializable;

/** Loads the models of one policy. Serialisable, because files are tried in another process first. */
@FunctionalInterface
public interface ModelLoader extends Serializable {
    /**
     * Loads a model that has passed the static part of the intake check, or that this program has made itself.
     *
     * @throws InvalidModelException if it does not load
     */
    ServedPolicy load(ModelFile file);
}
