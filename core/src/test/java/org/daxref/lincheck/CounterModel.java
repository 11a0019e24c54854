/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

/** Counts. */
public class CounterModel {
    private int count;

    public int increment() {
        return count++;
    }
}
