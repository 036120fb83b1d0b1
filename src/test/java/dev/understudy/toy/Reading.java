package dev.understudy.toy;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Sample;

/**
 * One record of the toy domain: how bright each of six lamps is, and which of three buttons was pressed.
 *
 * @param lamps brightness of each lamp, unsigned, {@code [6]}
 * @param button 0 to 2; -1 in live input
 */
public record Reading(
        String entity, String episode, long sequence, long timeMs, Actor actor, String label, byte[] lamps, int button)
        implements Sample {}
