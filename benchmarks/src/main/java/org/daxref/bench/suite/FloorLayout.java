/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.mm.PageTableDescriptor;
import org.daxref.page.AsymmetricStripedPageCounter;
import org.daxref.page.FencedStripedPageCounter;
import org.daxref.page.HazardPageCounter;
import org.daxref.page.PageCounter;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PageTableEntry;
import org.daxref.page.StripedPageCounter;
import org.daxref.pagemap.PagemapAreaDescriptor;
import org.daxref.pagemap.PagemapType;
import org.daxref.sync.CpuSlotDescriptor;
import org.daxref.sync.WaitTableDescriptor;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The layout of a device as the C program of the floor includes it. It is written down once, in the descriptors of
 * {@code core}, and what words and slots hold in its counters.
 */
final class FloorLayout {
    private static final long ALL_BITS = -1;

    private FloorLayout() {
    }

    /**
     * The header.
     *
     * @param fenced whether readers of {@link org.daxref.sync.Epochs} execute a fence
     * @return a definition per line
     */
    static String header(final boolean fenced) {
        final Map<String, Long> values = new LinkedHashMap<>();
        values.put("FENCED_READERS", fenced ? 1L : 0L);
        putEntries(values);
        putDescriptors(values);
        putCounters(values);
        putAreas(values);
        return values.entrySet().stream().map(value -> "#define " + value.getKey() + " INT64_C(" + value.getValue()
            + ")\n").collect(Collectors.joining());
    }

    private static void putEntries(final Map<String, Long> values) {
        values.put("WRITE_PROTECT_SEQ_OFFSET", (long) PageTableDescriptor.WRITE_PROTECT_SEQ_OFFSET);
        values.put("PMDS_OFFSET", (long) PageTableDescriptor.PMDS_OFFSET);
        values.put("PMD_ORDER", (long) PageTableEntry.PMD_ORDER);
        values.put("PRESENT", PageTableEntry.PRESENT);
        values.put("WRITE", PageTableEntry.WRITE);
        values.put("LEAF", PageTableEntry.LEAF);
        values.put("SPECIAL", PageTableEntry.SPECIAL);
        values.put("DEVMAP", PageTableEntry.DEVMAP);
        values.put("PFN_SHIFT", (long) Long.numberOfTrailingZeros(PageTableEntry.of(1, 0)));
        values.put("PFN_MASK", PageTableEntry.pfn(ALL_BITS));
    }

    private static void putDescriptors(final Map<String, Long> values) {
        values.put("PAGE_DESCRIPTOR_SHIFT", (long) PageDescriptor.PAGE_DESCRIPTOR_SHIFT);
        values.put("FLAGS_OFFSET", (long) PageDescriptor.FLAGS_OFFSET);
        values.put("PGMAP_OFFSET", (long) PageDescriptor.PGMAP_OFFSET);
        values.put("COMPOUND_HEAD_OFFSET", (long) PageDescriptor.COMPOUND_HEAD_OFFSET);
        values.put("MAPCOUNT_OFFSET", (long) PageDescriptor.MAPCOUNT_OFFSET);
        values.put("REFCOUNT_OFFSET", (long) PageDescriptor.REFCOUNT_OFFSET);
        values.put("FLAG_REFERENCED", (long) PageDescriptor.FLAG_REFERENCED);
        values.put("FLAG_HEAD", (long) PageDescriptor.FLAG_HEAD);
    }

    private static void putCounters(final Map<String, Long> values) {
        values.put("GUP_PIN_COUNTING_BIAS", (long) PageCounter.GUP_PIN_COUNTING_BIAS);
        values.put("STRIPED_WORD", (long) StripedPageCounter.STRIPED);
        values.put("STRIPED_ZONE", (long) StripedPageCounter.ZONE);
        values.put("STRIPED_CROWD", (long) FencedStripedPageCounter.CROWD);
        values.put("STRIPED_ASYM_CROWD", (long) AsymmetricStripedPageCounter.CROWD);
        values.put("FREE_SLOT", StripedPageCounter.FREE);
        values.put("NO_PART", (long) StripedPageCounter.NO_PART);
        values.put("MOST_IN_SLOT", (long) StripedPageCounter.MOST_IN_SLOT);
        values.put("MOST_IN_WORD", (long) StripedPageCounter.MOST_IN_WORD);
        values.put("LARGEST_TAG", StripedPageCounter.LARGEST_TAG);
        values.put("HAZARD_SLOTS", (long) HazardPageCounter.SLOTS);
    }

    private static void putAreas(final Map<String, Long> values) {
        values.put("EPOCH_OFFSET", (long) CpuSlotDescriptor.EPOCH_OFFSET);
        values.put("PINS_ACQUIRED_OFFSET", (long) CpuSlotDescriptor.PINS_ACQUIRED_OFFSET);
        values.put("PINS_RELEASED_OFFSET", (long) CpuSlotDescriptor.PINS_RELEASED_OFFSET);
        values.put("PIN_SLOTS_OFFSET", (long) CpuSlotDescriptor.PIN_SLOTS_OFFSET);
        values.put("PIN_SLOTS", (long) CpuSlotDescriptor.PIN_SLOTS);
        values.put("NODE_SHIFT_OFFSET", (long) PagemapAreaDescriptor.NODE_SHIFT_OFFSET);
        values.put("NODE_ENTRIES_OFFSET", (long) PagemapAreaDescriptor.NODE_ENTRIES_OFFSET);
        values.put("NODE_ENTRIES", (long) PagemapAreaDescriptor.NODE_ENTRIES);
        values.put("REF_MODE_OFFSET", (long) PagemapAreaDescriptor.REF_MODE_OFFSET);
        values.put("TYPE_OFFSET", (long) PagemapAreaDescriptor.TYPE_OFFSET);
        values.put("FS_DAX", (long) PagemapType.FS_DAX.ordinal());
        values.put("QUEUE_HASH_SHIFT", (long) Long.SIZE - Long.numberOfTrailingZeros(WaitTableDescriptor.QUEUES));
        values.put("QUEUE_BYTES", (long) WaitTableDescriptor.QUEUE_BYTES);
    }
}
