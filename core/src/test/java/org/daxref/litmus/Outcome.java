/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import java.util.Map;

/**
 * What came of an execution.
 *
 * @param registers what was read, by register
 * @param memory    what was there at the end, by location
 */
record Outcome(Map<String, Integer> registers, Map<String, Integer> memory) {

    int read(final String register) {
        return registers.get(register);
    }

    int at(final String location) {
        return memory.get(location);
    }
}
