/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import java.util.concurrent.ThreadLocalRandom;
import org.daxref.page.PageCounter;

/** Drops what is probably the last reference to a page: as a walk does, or as a zap does, which looks first. */
final class LastPut {
    private LastPut() {
    }

    /** Returns what is left, as either put does. Which of them it is, chance decides. */
    static int put(final PageCounter counter, final long head) {
        return ThreadLocalRandom.current().nextBoolean() ? counter.put(head, 1) : counter.putProbablyLast(head, 1);
    }
}
