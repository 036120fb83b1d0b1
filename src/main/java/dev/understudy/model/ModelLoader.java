package dev.understudy.model;

/** Loads the models of one policy. */
@FunctionalInterface
public interface ModelLoader {
    /**
     * Loads a model that has passed the static part of the intake check, or that this program has made itself.
     *
     * @throws InvalidModelException if it does not load
     */
    ServedPolicy load(ModelFile file);
}
