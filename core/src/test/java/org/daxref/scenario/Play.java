/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import java.util.stream.Stream;
import org.daxref.Machine;

/** What tests of scenarios share: playing one, and the answers of the three ways to count. */
final class Play {
    private Play() {
    }

    static Story of(final String id, final String design) throws Exception {
        return Scenarios.find(id).orElseThrow().play(design);
    }

    static Stream<String> designs(final String id) {
        return Scenarios.find(id).orElseThrow().designs().stream();
    }

    /**
     * The answer of a design.
     *
     * @param oneBased     of those whose pages idle at 1: pre-518, lost-wakeup, dev-pagemap
     * @param heldByEntry  of pgmap-folio, where the file's entry holds the page
     * @param heldByMapper of fs-held and fs-held-drain, where every mapping does
     */
    static <T> T by(final String design, final T oneBased, final T heldByEntry, final T heldByMapper) {
        return switch (design) {
            case "pre-518", Machine.LOST_WAKEUP, "dev-pagemap" -> oneBased;
            case "pgmap-folio" -> heldByEntry;
            case "fs-held", "fs-held-drain" -> heldByMapper;
            default -> throw new IllegalArgumentException("no word here on this design: design=" + design);
        };
    }
}
