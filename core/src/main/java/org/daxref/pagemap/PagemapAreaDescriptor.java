/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.pagemap;

import org.daxref.sync.CpuSlotDescriptor;

/**
 * Layout of the pagemap area: the root of pgmap_array, then the dev_pagemaps, then the nodes of the array.
 *
 * <pre>
 *   area
 *       0   root entry of pgmap_array (long); 128 bytes
 *     128   64 dev_pagemaps of 384 bytes
 *   24704   1024 nodes of 576 bytes
 *
 *   dev_pagemap
 *       0   percpu_ref: offset of the counter inside a CPU area | DEAD | ATOMIC (long)
 *       8   type (int), number of ranges (int)
 *      16   4 ranges: first pfn (long), last pfn (long)
 *      80   the device is alive for file systems (int): the generation until kill_dax, then 0
 *      84   generation << 3 | state (int)
 *     128   percpu_ref: count (long)
 *     256   done (int)
 *
 *   node of pgmap_array
 *       0   shift (int), unused (int)
 *      64   64 entries (long)
 *
 *   entry:  0 nothing | place of a node in the device | place of a dev_pagemap in the device + 1
 *
 *   handle of a dev_pagemap
 *      63 62                     50 49                                            0
 *       0 | generation, from 1 on  |  offset of the descriptor
 * </pre>
 *
 * <p>Each life of a descriptor has a generation of its own, so that a handle of an earlier life is told from that of
 * the present one; after {@value #GENERATIONS} lives of one descriptor they begin anew.
 */
public final class PagemapAreaDescriptor {
    /** Offset of the array's root entry in the area. */
    public static final int ROOT_OFFSET = 0;

    /** Offset of the first dev_pagemap in the area. */
    public static final int PAGEMAPS_OFFSET = 128;

    /** Number of dev_pagemaps: as many as a CPU area has counters. */
    public static final int PAGEMAPS = CpuSlotDescriptor.PAGEMAP_COUNTERS;

    /** Distance of two dev_pagemaps in bytes. */
    public static final int PAGEMAP_BYTES = 384;

    /** Offset of the first node in the area. */
    public static final int NODES_OFFSET = PAGEMAPS_OFFSET + PAGEMAPS * PAGEMAP_BYTES;

    /** Number of nodes. */
    public static final int NODES = 1024;

    /** Size of a node in bytes. */
    public static final int NODE_BYTES = 576;

    /** Size of the area in bytes. */
    public static final long AREA_BYTES = NODES_OFFSET + (long) NODES * NODE_BYTES;

    /** Offset of the percpu_ref's mode word in a dev_pagemap. */
    public static final int REF_MODE_OFFSET = 0;

    /** Offset of the type in a dev_pagemap. */
    public static final int TYPE_OFFSET = 8;

    /** Offset of the number of ranges in a dev_pagemap. */
    public static final int RANGE_COUNT_OFFSET = 12;

    /** Offset of the first range in a dev_pagemap. */
    public static final int RANGES_OFFSET = 16;

    /** Largest number of ranges of a dev_pagemap. */
    public static final int MAX_RANGES = 4;

    /** Size of a range in bytes. */
    public static final int RANGE_BYTES = 16;

    /** Offset of the liveness of the dax_device on a dev_pagemap. */
    public static final int ALIVE_OFFSET = 80;

    /** Offset of the generation and the state in a dev_pagemap. */
    public static final int STATE_OFFSET = 84;

    /** Where the generation begins in the word of the state. */
    public static final int STATE_BITS = 3;

    /** Where the generation begins in a handle. */
    public static final int GENERATION_SHIFT = 50;

    /** The largest generation; the least is 1. */
    public static final int GENERATIONS = (1 << 13) - 1;

    /** Offset of the percpu_ref's count in a dev_pagemap. */
    public static final int REF_COUNT_OFFSET = 128;

    /** Offset of the completion in a dev_pagemap. */
    public static final int DONE_OFFSET = 256;

    /** Offset of the shift in a node. */
    public static final int NODE_SHIFT_OFFSET = 0;

    /** Offset of the first entry in a node. */
    public static final int NODE_ENTRIES_OFFSET = 64;

    /** Number of entries of a node. */
    public static final int NODE_ENTRIES = 64;

    /** Binary logarithm of the number of entries of a node. */
    public static final int NODE_ENTRIES_SHIFT = 6;

    private PagemapAreaDescriptor() {
    }
}
