/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.device;

/**
 * Layout of the superblock, the first 4096 bytes of a device file. Little-endian; what is not named is zero.
 *
 * <pre>
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------------------------------------------------------+
 *   |                             Magic                             |   0
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |                            Version                            |   8
 *   +---------------------------------------------------------------+
 *   |                          Page size                            |  12
 *   +---------------------------------------------------------------+
 *   |                             State                             |  16
 *   +---------------------------------------------------------------+
 *   |            CRC-32C of the block with this field zero          |  20
 *   +---------------------------------------------------------------+
 *   |                     Pages                                     |  24
 *   +---------------------------------------------------------------+
 *   |                     Start pfn                                 |  32
 *   +---------------------------------------------------------------+
 *   |        Offsets: per-CPU, pagemap, wait table, memmap,         |  40
 *   |        page tables, entries, data (7 × 8 bytes)               |
 *   +---------------------------------------------------------------+
 *   |                     Length of the file                        |  96
 *   +---------------------------------------------------------------+
 * </pre>
 */
public final class SuperblockDescriptor {
    /** Size of the block in bytes. */
    public static final int SUPERBLOCK_BYTES = 4096;

    /** The eight bytes {@code DAXREF}, newline, end-of-file mark. */
    public static final long MAGIC = 0x1A0A_4645_5258_4144L;

    /** Version of the format. */
    public static final int VERSION = 1;

    /** Offset of the magic number. */
    public static final int MAGIC_OFFSET = 0;

    /** Offset of the format version. */
    public static final int VERSION_OFFSET = 8;

    /** Offset of the page size in bytes. */
    public static final int PAGE_SIZE_OFFSET = 12;

    /** Offset of the state. */
    public static final int STATE_OFFSET = 16;

    /** Offset of the checksum. */
    public static final int CHECKSUM_OFFSET = 20;

    /** Offset of the number of pages. */
    public static final int PAGES_OFFSET = 24;

    /** Offset of the first page frame number. */
    public static final int START_PFN_OFFSET = 32;

    /** Offset of the seven region offsets. */
    public static final int REGIONS_OFFSET = 40;

    /** Offset of the length of the file in bytes. */
    public static final int FILE_BYTES_OFFSET = 96;

    /** State: being created; such a file was left by an interrupted creation. */
    public static final int STATE_CREATING = 1;

    /** State: nobody has it open. */
    public static final int STATE_CLEAN = 2;

    /** State: open, or left open by a process that died. */
    public static final int STATE_IN_USE = 3;

    private SuperblockDescriptor() {
    }
}
