/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import java.util.function.BooleanSupplier;

/** Waits without giving the processor away: who sleeps misses the other actor when that runs at last. */
final class Spin {
    private Spin() {
    }

    static void until(final BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    static void times(final int spins) {
        for (int i = 0; i < spins; i++) {
            Thread.onSpinWait();
        }
    }
}
