/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

/**
 * An access that ends in SIGBUS: beyond the end of the file, or the device is gone. The counterpart of
 * {@code VM_FAULT_SIGBUS}.
 */
public final class BusErrorException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /**
     * A failed access.
     *
     * @param message why, with name=value
     */
    public BusErrorException(final String message) {
        super("SIGBUS: " + message);
    }
}
