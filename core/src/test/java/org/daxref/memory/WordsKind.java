/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

import java.lang.foreign.MemorySegment;

/** The production implementations of {@link Words}; everything that touches memory is tested on each. */
public enum WordsKind {
    /** Raw addresses. */
    AGRONA {
        @Override
        public Words over(final MemorySegment segment) {
            return new AgronaWords(segment);
        }
    },
    /** Checked segments. */
    SEGMENT {
        @Override
        public Words over(final MemorySegment segment) {
            return new SegmentWords(segment);
        }
    };

    public abstract Words over(MemorySegment segment);
}
