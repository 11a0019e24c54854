/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import org.daxref.page.PageCounter;

/** A pin is {@link PageCounter#GUP_PIN_COUNTING_BIAS} at once. */
public class PageNumberModel {
    private int count = 1;

    public boolean pin() {
        count += PageCounter.GUP_PIN_COUNTING_BIAS;
        return true;
    }

    public int unpin() {
        if (!maybeDmaPinned()) {
            return -1;
        }
        count -= PageCounter.GUP_PIN_COUNTING_BIAS;
        return count;
    }

    public int count() {
        return count;
    }

    public boolean maybeDmaPinned() {
        return count >= PageCounter.GUP_PIN_COUNTING_BIAS;
    }
}
