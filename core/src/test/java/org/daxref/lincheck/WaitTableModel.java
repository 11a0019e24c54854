/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

/** What {@link WaitTableOperations} look like one after the other: nobody returns from waiting before the put. */
public class WaitTableModel {
    private boolean idle;

    public boolean awaitIdle() {
        return idle;
    }

    public void put() {
        idle = true;
    }
}
