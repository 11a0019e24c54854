/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

/** {@link PageCounterModel} of a counter that may pass the zero of a put on to the owner who lifts the page. */
public final class PageTakersModel extends PageCounterModel {

    @Override
    public boolean put(final int thread) {
        super.put(thread);
        return false;
    }

    @Override
    public boolean unpin(final int thread) {
        super.unpin(thread);
        return false;
    }
}
