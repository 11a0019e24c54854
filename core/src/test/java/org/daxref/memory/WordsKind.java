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
    /** Checked segments, whose offsets begin so far up that a place in the file is none. */
    SEGMENT {
        @Override
        public Words over(final MemorySegment segment) {
            return new SegmentWords(segment, 1L << 48);
        }
    };

    public abstract Words over(MemorySegment segment);
}
