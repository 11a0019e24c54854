/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.daxref.Machine;
import org.daxref.device.DeviceException;
import org.daxref.device.DeviceGeometry;
import org.daxref.device.PmemDevice;
import org.daxref.memory.SegmentWords;
import org.daxref.memory.Words;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of 1 TiB, of which a few pages are used, costs no more than those. */
class DaxFileSizeTest {
    private static final long TEBIBYTE_PAGES = 1L << 28;
    private static final long USED = 1024;
    private static final Duration QUICKLY = Duration.ofSeconds(30);

    @Test
    void shouldShareCutAndRemoveAFileOf1TiB(@TempDir final Path directory) throws Exception {
        final Path path = directory.resolve("device");
        final DeviceGeometry geometry = Machine.geometry(TEBIBYTE_PAGES);
        try {
            PmemDevice.create(path, geometry, 1 << 20);
        } catch (final DeviceException e) {
            Assumptions.abort("this file system cannot hold it: " + e.getMessage());
        }
        try (PmemDevice device = PmemDevice.open(path)) {
            final Words words = new SegmentWords(device.region().segment());
            try (Machine machine = new Machine(geometry, words, "fs-held", "cas")) {
                assertTimeoutPreemptively(QUICKLY, () -> use(machine, geometry.from(words.origin()), words));
            }
        }
    }

    private static void use(final Machine machine, final DeviceGeometry geometry, final Words words) throws Exception {
        final CpuSlot cpu = machine.attach();
        final PfnRange whole = machine.wholeDevice();
        final PfnRange alive = new PfnRange(whole.last() - USED + 1, whole.last());
        final DaxParts parts = new DaxParts(words, geometry, machine.epochs(), machine.waits(), machine.memmap(),
            machine.design(), machine.mapper(),
            new FreeSpace(geometry.entriesOffset(), geometry.dataOffset() - geometry.entriesOffset()));
        final FileSystem fileSystem = new FileSystem(FileSystemType.XFS, machine.createDaxDevice(cpu, alive), parts,
            whole);
        final PageTable table = machine.pageTable(0);
        final DaxFile file = fileSystem.create(TEBIBYTE_PAGES - USED);
        file.truncate(cpu, 1);
        file.truncate(cpu, TEBIBYTE_PAGES - USED);
        assertEquals(Extents.HOLE, file.pfn(1));
        fileSystem.unlink(cpu, file);

        final DaxFile large = fileSystem.create(whole);
        final Vma area = large.mmap(table, 0, TEBIBYTE_PAGES, 0);
        assertTrue(large.fault(cpu, area, TEBIBYTE_PAGES - 1, true));
        final DaxFile copy = fileSystem.reflink(large);
        assertEquals(whole.last(), copy.pfn(TEBIBYTE_PAGES - 1));
        assertTrue(fileSystem.isShared(whole.first()));
        large.truncate(cpu, TEBIBYTE_PAGES - 10);
        assertFalse(fileSystem.isShared(whole.last()));
        assertFalse(fileSystem.isFree(whole.last()), "the copy has it");
        large.munmap(cpu, area);
        fileSystem.unlink(cpu, large);
        assertFalse(fileSystem.isShared(whole.first()));
        fileSystem.unlink(cpu, copy);
        assertTrue(fileSystem.isFree(whole.first()));
        assertTrue(fileSystem.isFree(whole.last()));
        assertEquals(TEBIBYTE_PAGES, fileSystem.create(whole).pages(), "in one run again");
        machine.checkBooks(alive);
        machine.detach(cpu);
    }
}
