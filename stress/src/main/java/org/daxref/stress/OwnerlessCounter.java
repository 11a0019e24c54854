/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import org.daxref.memory.Words;
import org.daxref.page.FlaggedPageCounter;

/** {@code sticky} whose readers announce a zero that nobody takes, neither the put that made it nor an owner. */
final class OwnerlessCounter extends FlaggedPageCounter {
    OwnerlessCounter(final Words words) {
        super(words, 0, Zones.IDLE, Zones.NOISE);
    }

    @Override
    protected int countWhileDropped(final long head) {
        return decode(exchange(head, 0, Zones.IDLE | Zones.HELP));
    }
}
