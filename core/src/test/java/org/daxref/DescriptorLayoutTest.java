/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.daxref.dax.DaxFileDescriptor;
import org.daxref.device.DeviceGeometry;
import org.daxref.device.SuperblockDescriptor;
import org.daxref.mm.PageTableDescriptor;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.PagemapAreaDescriptor;
import org.daxref.sync.CpuSlotDescriptor;
import org.daxref.sync.WaitTableDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every offset of every layout: its value, its alignment, and the cache line that it may share. */
class DescriptorLayoutTest {
    private static final int LINE_BYTES = 64;
    private static final int APART_BYTES = 128;

    private static Arguments field(final String name, final long expected, final long actual, final int bytes,
                                   final int alignment) {
        return Arguments.of(name, expected, actual, bytes, alignment);
    }

    static Stream<Arguments> fields() {
        return Stream.of(superblock(), page(), cpuSlot(), pagemap(), daxFile(), others()).flatMap(fields -> fields);
    }

    private static Stream<Arguments> superblock() {
        return Stream.of(field("superblock.magic", 0, SuperblockDescriptor.MAGIC_OFFSET, 8, 8),
            field("superblock.version", 8, SuperblockDescriptor.VERSION_OFFSET, 4, 4),
            field("superblock.pageSize", 12, SuperblockDescriptor.PAGE_SIZE_OFFSET, 4, 4),
            field("superblock.state", 16, SuperblockDescriptor.STATE_OFFSET, 4, 4),
            field("superblock.checksum", 20, SuperblockDescriptor.CHECKSUM_OFFSET, 4, 4),
            field("superblock.pages", 24, SuperblockDescriptor.PAGES_OFFSET, 8, 8),
            field("superblock.startPfn", 32, SuperblockDescriptor.START_PFN_OFFSET, 8, 8),
            field("superblock.regions", 40, SuperblockDescriptor.REGIONS_OFFSET, 56, 8),
            field("superblock.fileBytes", 96, SuperblockDescriptor.FILE_BYTES_OFFSET, 8, 8));
    }

    private static Stream<Arguments> page() {
        return Stream.of(field("page.flags", 0, PageDescriptor.FLAGS_OFFSET, 4, 4),
            field("page.order", 4, PageDescriptor.ORDER_OFFSET, 4, 4),
            field("page.pgmap", 8, PageDescriptor.PGMAP_OFFSET, 8, 8),
            field("page.compoundHead", 16, PageDescriptor.COMPOUND_HEAD_OFFSET, 8, 8),
            field("page.mapping", 24, PageDescriptor.MAPPING_OFFSET, 8, 8),
            field("page.index", 32, PageDescriptor.INDEX_OFFSET, 8, 8),
            field("page.share", 40, PageDescriptor.SHARE_OFFSET, 4, 4),
            field("page.pincount", 44, PageDescriptor.PINCOUNT_OFFSET, 4, 4),
            field("page.mapcount", 48, PageDescriptor.MAPCOUNT_OFFSET, 4, 4),
            field("page.refcount", 52, PageDescriptor.REFCOUNT_OFFSET, 4, 4));
    }

    private static Stream<Arguments> cpuSlot() {
        return Stream.of(field("cpu.owner", 0, CpuSlotDescriptor.OWNER_OFFSET, 4, APART_BYTES),
            field("cpu.pinsAcquired", 256, CpuSlotDescriptor.PINS_ACQUIRED_OFFSET, 8, APART_BYTES),
            field("cpu.pinsReleased", 264, CpuSlotDescriptor.PINS_RELEASED_OFFSET, 8, 8),
            field("cpu.pagemapCounters", 384, CpuSlotDescriptor.PAGEMAP_COUNTERS_OFFSET,
                CpuSlotDescriptor.PAGEMAP_COUNTERS * 8, APART_BYTES),
            field("cpu.epoch", 896, CpuSlotDescriptor.EPOCH_OFFSET, 8, APART_BYTES),
            field("cpu.sharedLock", 904, CpuSlotDescriptor.SHARED_LOCK_OFFSET, 8, 8),
            field("cpu.pinSlots", 1024, CpuSlotDescriptor.PIN_SLOTS_OFFSET, CpuSlotDescriptor.PIN_SLOTS * 8,
                APART_BYTES),
            field("cpu.next", 2048, CpuSlotDescriptor.SLOT_BYTES, 0, APART_BYTES));
    }

    private static Stream<Arguments> pagemap() {
        return Stream.of(field("pagemap.root", 0, PagemapAreaDescriptor.ROOT_OFFSET, 8, APART_BYTES),
            field("pagemap.first", 128, PagemapAreaDescriptor.PAGEMAPS_OFFSET, 0, APART_BYTES),
            field("pagemap.next", 384, PagemapAreaDescriptor.PAGEMAP_BYTES, 0, APART_BYTES),
            field("pagemap.nodes", 24_704, PagemapAreaDescriptor.NODES_OFFSET, 0, APART_BYTES),
            field("pagemap.area", 24_704 + 1024 * 576, PagemapAreaDescriptor.AREA_BYTES, 0, LINE_BYTES),
            field("pagemap.refMode", 0, PagemapAreaDescriptor.REF_MODE_OFFSET, 8, APART_BYTES),
            field("pagemap.type", 8, PagemapAreaDescriptor.TYPE_OFFSET, 4, 4),
            field("pagemap.rangeCount", 12, PagemapAreaDescriptor.RANGE_COUNT_OFFSET, 4, 4),
            field("pagemap.ranges", 16, PagemapAreaDescriptor.RANGES_OFFSET,
                PagemapAreaDescriptor.MAX_RANGES * PagemapAreaDescriptor.RANGE_BYTES, 8),
            field("pagemap.alive", 80, PagemapAreaDescriptor.ALIVE_OFFSET, 4, 8),
            field("pagemap.state", 84, PagemapAreaDescriptor.STATE_OFFSET, 4, 4),
            field("pagemap.refCount", 128, PagemapAreaDescriptor.REF_COUNT_OFFSET, 8, APART_BYTES),
            field("pagemap.done", 256, PagemapAreaDescriptor.DONE_OFFSET, 4, APART_BYTES),
            field("node.shift", 0, PagemapAreaDescriptor.NODE_SHIFT_OFFSET, 4, LINE_BYTES),
            field("node.entries", 64, PagemapAreaDescriptor.NODE_ENTRIES_OFFSET,
                PagemapAreaDescriptor.NODE_ENTRIES * 8, LINE_BYTES),
            field("node.next", 576, PagemapAreaDescriptor.NODE_BYTES, 0, LINE_BYTES));
    }

    private static Stream<Arguments> others() {
        return Stream.of(field("waitTable.next", 128, WaitTableDescriptor.QUEUE_BYTES, 0, APART_BYTES),
            field("waitTable.table", 256 * 128, WaitTableDescriptor.TABLE_BYTES, 0, APART_BYTES),
            field("pageTable.writeProtectSeq", 0, PageTableDescriptor.WRITE_PROTECT_SEQ_OFFSET, 4, APART_BYTES),
            field("pageTable.pmds", 128, PageTableDescriptor.PMDS_OFFSET, 0, APART_BYTES),
            field("pageTable.pteTable", 4096, PageTableDescriptor.PTE_TABLE_BYTES, 0, 4096));
    }

    private static Stream<Arguments> daxFile() {
        return Stream.of(field("daxFile.lock", 0, DaxFileDescriptor.LOCK_OFFSET, 4, APART_BYTES),
            field("daxFile.invalidateLock", 4, DaxFileDescriptor.INVALIDATE_LOCK_OFFSET, 4, 4),
            field("daxFile.inodeLock", 8, DaxFileDescriptor.INODE_LOCK_OFFSET, 4, 4),
            field("daxFile.entries", 128, DaxFileDescriptor.ENTRIES_OFFSET, 0, APART_BYTES));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("fields")
    void shouldLieWhereTheFormatSays(final String name, final long expected, final long actual, final int bytes,
                                     final int alignment) {
        assertEquals(expected, actual, name);
        assertEquals(0, actual % alignment, name + " is misaligned");
        if (bytes > 0 && bytes <= Long.BYTES) {
            assertEquals(actual / LINE_BYTES, (actual + bytes - 1) / LINE_BYTES, name + " crosses a cache line");
        }
    }

    @Test
    void shouldNotOverlap() {
        assertDisjoint(superblock(), SuperblockDescriptor.SUPERBLOCK_BYTES);
        assertDisjoint(page(), PageDescriptor.PAGE_DESCRIPTOR_BYTES);
        assertDisjoint(cpuSlot(), CpuSlotDescriptor.SLOT_BYTES);
        assertDisjoint(daxFile(), DaxFileDescriptor.ENTRIES_OFFSET);
        assertDisjoint(pagemap().filter(field -> field.get()[0].toString().matches(
            "pagemap.(refMode|type|rangeCount|ranges|alive|state|refCount|done)")),
            PagemapAreaDescriptor.PAGEMAP_BYTES);
    }

    private static void assertDisjoint(final Stream<Arguments> fields, final long size) {
        long end = 0;
        for (final Arguments field : fields.toList()) {
            assertTrue((long) field.get()[2] >= end, field.get()[0] + " overlaps the one before");
            end = (long) field.get()[2] + (int) field.get()[3];
        }
        assertTrue(end <= size, "end=" + end);
    }

    @Test
    void shouldHoldAPageDescriptorInOneCacheLine() {
        assertEquals(LINE_BYTES, PageDescriptor.PAGE_DESCRIPTOR_BYTES);
        assertEquals(LINE_BYTES, 1 << PageDescriptor.PAGE_DESCRIPTOR_SHIFT);
    }

    @Test
    void shouldHaveFlagsThatDoNotOverlap() {
        assertEquals(3, Integer.bitCount(PageDescriptor.FLAG_REFERENCED | PageDescriptor.FLAG_HEAD
            | PageDescriptor.FLAG_POISONED));
        assertEquals(5, Long.bitCount(PageTableEntry.PRESENT | PageTableEntry.WRITE | PageTableEntry.LEAF
            | PageTableEntry.SPECIAL | PageTableEntry.DEVMAP));
        final long entryBits = DaxFileDescriptor.LOCKED | DaxFileDescriptor.PMD | DaxFileDescriptor.ZERO_PAGE
            | DaxFileDescriptor.EMPTY | DaxFileDescriptor.ZAPPED;
        assertEquals(5, Long.bitCount(entryBits));
        assertTrue(entryBits < 1 << DaxFileDescriptor.PFN_SHIFT);
        assertEquals(0, PageTableEntry.ZERO_PAGE & (PageTableEntry.WRITE | PageTableEntry.LEAF));
    }

    @Test
    void shouldKeepTheLimitOfTheCpuAreasOutOfTheLastArea() {
        final int usedBytes = CpuSlotDescriptor.PIN_SLOTS_OFFSET + CpuSlotDescriptor.PIN_SLOTS * 8;

        assertTrue(usedBytes <= CpuSlotDescriptor.SLOT_BYTES - Integer.BYTES);
    }

    @Test
    void shouldHaveADescriptorBorderAtTheEndOfEveryDevPagemapField() {
        assertTrue(PagemapAreaDescriptor.RANGES_OFFSET
            + PagemapAreaDescriptor.MAX_RANGES * PagemapAreaDescriptor.RANGE_BYTES
            <= PagemapAreaDescriptor.REF_COUNT_OFFSET);
        assertEquals(CpuSlotDescriptor.PAGEMAP_COUNTERS, PagemapAreaDescriptor.PAGEMAPS);
        assertEquals(PagemapAreaDescriptor.NODE_ENTRIES, 1 << PagemapAreaDescriptor.NODE_ENTRIES_SHIFT);
        assertEquals(PagemapAreaDescriptor.NODE_BYTES, PagemapAreaDescriptor.NODE_ENTRIES_OFFSET
            + PagemapAreaDescriptor.NODE_ENTRIES * Long.BYTES);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 511, 512, 513, 1024, 65_536, 1L << 28})
    void shouldLayPageTablesOutInOrder(final long pages) {
        final long pmds = PageTableDescriptor.pmds(pages);

        assertEquals((pages + 511) / 512, pmds);
        assertEquals(128 + pmds * 8, PageTableDescriptor.locksOffset(pages));
        assertTrue(PageTableDescriptor.tablesOffset(pages) >= PageTableDescriptor.locksOffset(pages) + pmds * 4);
        assertEquals(0, PageTableDescriptor.tablesOffset(pages) % 4096);
        assertEquals(PageTableDescriptor.tablesOffset(pages) + pmds * 4096, PageTableDescriptor.bytes(pages));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 15, 16, 17, 65_536})
    void shouldLayFileEntriesOutOnStretchesOfTheirOwn(final long pages) {
        assertTrue(DaxFileDescriptor.bytes(pages) >= 128 + pages * 8);
        assertTrue(DaxFileDescriptor.bytes(pages) < 128 + pages * 8 + 128);
        assertEquals(0, DaxFileDescriptor.bytes(pages) % 128);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 16, 512, 65_536, 1L << 28})
    void shouldPutEveryRegionOfAMachineOnAPageBorder(final long pages) {
        final DeviceGeometry geometry = Machine.geometry(pages);

        assertEquals(4096, geometry.perCpuOffset());
        for (final long offset : new long[] {geometry.perCpuOffset(), geometry.pagemapOffset(),
            geometry.waitTableOffset(), geometry.memmapOffset(), geometry.pageTablesOffset(),
            geometry.entriesOffset(), geometry.dataOffset()}) {
            assertEquals(0, offset % 4096);
        }
        assertTrue(geometry.pagemapOffset() - geometry.perCpuOffset() >= CpuSlotDescriptor.AREA_BYTES);
        assertTrue(geometry.waitTableOffset() - geometry.pagemapOffset() >= PagemapAreaDescriptor.AREA_BYTES);
        assertTrue(geometry.memmapOffset() - geometry.waitTableOffset() >= WaitTableDescriptor.TABLE_BYTES);
        assertTrue(geometry.pageTablesOffset() - geometry.memmapOffset() >= pages * 64);
        assertTrue(geometry.entriesOffset() - geometry.pageTablesOffset()
            >= Machine.ADDRESS_SPACES * PageTableDescriptor.bytes(pages));
        assertEquals(geometry.dataOffset() + pages * 4096, geometry.fileBytes());
    }
}
