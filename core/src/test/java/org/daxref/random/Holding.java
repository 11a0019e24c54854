/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.random;

import org.daxref.dax.DaxFile;

/**
 * Pages that a thread holds.
 *
 * @param pfns  the pages
 * @param pin   FOLL_PIN rather than FOLL_GET
 * @param file  the file that they were taken through, null if unknown
 * @param index of the first page in it
 */
public record Holding(long[] pfns, boolean pin, DaxFile file, long index) {
}
