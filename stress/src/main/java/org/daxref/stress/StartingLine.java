/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where the two actors of a sample wait for each other. Without it the quicker of two unequal actors runs through all
 * samples of a stride before the slower has done its first, and they never meet.
 */
final class StartingLine {
    private static final int ACTORS = 2;

    private final AtomicInteger arrived = new AtomicInteger();

    void await() {
        arrived.incrementAndGet();
        Spin.until(() -> arrived.get() == ACTORS);
    }
}
