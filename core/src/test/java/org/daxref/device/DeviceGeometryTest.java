/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceGeometryTest {
    private static String refusal(final Runnable body) {
        return assertThrows(IllegalArgumentException.class, body::run).getMessage();
    }

    @Test
    void shouldLayRegionsOutOneAfterTheOtherOnPageBorders() {
        final DeviceGeometry geometry = DeviceGeometry.layout(10, 100, 1, 4096, 4097, 8192, 0, 1);

        assertEquals(4096, geometry.perCpuOffset());
        assertEquals(8192, geometry.pagemapOffset());
        assertEquals(12288, geometry.waitTableOffset());
        assertEquals(20480, geometry.memmapOffset());
        assertEquals(28672, geometry.pageTablesOffset());
        assertEquals(28672, geometry.entriesOffset());
        assertEquals(32768, geometry.dataOffset());
        assertEquals(32768 + 10 * 4096, geometry.fileBytes());
        assertEquals(32768 + 3 * 4096, geometry.dataOffset(103));
    }

    @Test
    void shouldBeTheSameLayoutWhereverTheMemoryBegins() {
        final DeviceGeometry geometry = DeviceGeometry.layout(10, 100, 1, 4096, 4097, 8192, 0, 1);

        final DeviceGeometry there = geometry.from(1L << 20);

        assertEquals(new DeviceGeometry(10, 100, (1L << 20) + geometry.perCpuOffset(),
            (1L << 20) + geometry.pagemapOffset(), (1L << 20) + geometry.waitTableOffset(),
            (1L << 20) + geometry.memmapOffset(), (1L << 20) + geometry.pageTablesOffset(),
            (1L << 20) + geometry.entriesOffset(), (1L << 20) + geometry.dataOffset()), there);
        assertEquals((1L << 20) + geometry.dataOffset(103), there.dataOffset(103));
        assertEquals(geometry, there.from(-(1L << 20)));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, DeviceGeometry.MAX_PAGES + 1, Long.MIN_VALUE, Long.MAX_VALUE})
    void shouldRefuseANumberOfPagesThatNoDeviceHas(final long pages) {
        assertEquals("a device has 1 to 4294967296 pages: pages=" + pages,
            refusal(() -> DeviceGeometry.layout(pages, 0, 0, 0, 0, 0, 0, 0)));
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, DeviceGeometry.MAX_PFN, Long.MAX_VALUE})
    void shouldRefusePageFrameNumbersThatNoEntryHolds(final long startPfn) {
        assertEquals("pages are numbered from 1 to 1099511627775: startPfn=" + startPfn,
            refusal(() -> DeviceGeometry.layout(1, startPfn, 0, 0, 0, 0, 0, 0)));
    }

    @Test
    void shouldRefuseRegionsThatOverlapOrAreNotAligned() {
        assertEquals("regions lie in order, each 4096-byte aligned: offset=4096",
            refusal(() -> new DeviceGeometry(1, 1, 4096, 8192, 4096, 12288, 12288, 12288, 12288)));
        assertEquals("regions lie in order, each 4096-byte aligned: offset=0",
            refusal(() -> new DeviceGeometry(1, 1, 0, 8192, 8192, 12288, 12288, 12288, 12288)));
        assertEquals("regions lie in order, each 4096-byte aligned: offset=8200",
            refusal(() -> new DeviceGeometry(1, 1, 4096, 8200, 8192, 12288, 12288, 12288, 12288)));
    }
}
