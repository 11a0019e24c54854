/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.oracle;

/** The two columns of the observations, each with the design that models it. */
enum Era {
    /** 6.1 and 6.12. */
    OLD("dev-pagemap"),
    /** 6.16, 6.18 and 7.3. */
    NEW("fs-held");

    private final String design;

    Era(final String design) {
        this.design = design;
    }

    String design() {
        return design;
    }

    /** The cell of a row. */
    <T> T column(final T old, final T recent) {
        return this == OLD ? old : recent;
    }
}
