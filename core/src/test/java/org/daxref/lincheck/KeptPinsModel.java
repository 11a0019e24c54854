/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

/** What {@link KeptPinsOperations} look like one after the other. */
public class KeptPinsModel {
    private final Held pins = new Held();
    private final Held references = new Held();
    private boolean mapped = true;
    private int handedOver;

    public boolean pin(final int thread) {
        pins.take(thread, mapped ? 1 : 0);
        return mapped;
    }

    public boolean unpin(final int thread) {
        return drop(pins, thread);
    }

    public boolean handOver(final int thread) {
        final boolean held = drop(pins, thread);
        handedOver += held ? 1 : 0;
        return held;
    }

    public boolean unpinAnother(final int thread) {
        handedOver--;
        if (handedOver < 0) {
            handedOver = 0;
            return false;
        }
        return true;
    }

    public boolean unmap(final int thread) {
        final boolean was = mapped;
        mapped = false;
        references.take(thread, was ? 1 : 0);
        return was;
    }

    public boolean flush(final int thread) {
        return drop(references, thread);
    }

    private static boolean drop(final Held held, final int thread) {
        final boolean any = held.any(thread);
        if (any) {
            held.drop(thread);
        }
        return any;
    }
}
