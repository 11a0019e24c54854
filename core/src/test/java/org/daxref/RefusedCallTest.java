/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.memory.WordsKind;
import org.daxref.mm.BusErrorException;
import org.daxref.mm.Gup;
import org.daxref.mm.PageMapper;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.page.AsymmetricStripedPageCounter;
import org.daxref.page.PageTableEntry;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.pagemap.PagemapType;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A call that is refused changes nothing: not a count, a slot, a descriptor, an entry, a page table or the superblock,
 * while pages are mapped, pinned and striped.
 */
class RefusedCallTest {
    private static final int PAGES = 2048;
    private static final int CROWD = 2 * AsymmetricStripedPageCounter.CROWD;
    private static final List<String> COUNTERS = List.of("cas", "xadd", "striped", "striped-asym", "hazard");

    /** A call, and what it is refused with. */
    private record Row(String call, Class<? extends Throwable> refusal, Executable body) {
    }

    private static Stream<Setup> setups() {
        return Machine.designNames().stream().flatMap(design -> COUNTERS.stream()
            .map(counter -> new Setup(design, counter, WordsKind.SEGMENT)));
    }

    /** A device in use: a leaf, single pages, one of them pinned, one crowded and kept pinned. */
    private static final class World {
        private final Machine machine;
        private final CpuSlot cpu;
        private final CpuSlot gone;
        private final FileSystem fileSystem;
        private final DaxFile large;
        private final DaxFile small;
        private final DaxFile unmapped;
        private final Vma leaf;
        private final Vma pages;
        private final PageTable table;
        private final DaxDevice removed;
        private final long[] pinned = new long[1];
        private final long[] crowded = new long[1];
        private final long[] out = new long[4];
        private final long alive;

        World(final TestMachine test) {
            machine = test.machine();
            cpu = test.cpu();
            final PfnRange first = test.range(0, 1024);
            removed = machine.createDaxDevice(cpu, first);
            machine.unbind(cpu, removed);
            final DaxDevice device = machine.createDaxDevice(cpu, first);
            alive = device.pgmap();
            fileSystem = machine.mount(FileSystemType.XFS, device);
            large = fileSystem.create(PageTableEntry.ENTRIES);
            small = fileSystem.create(8);
            unmapped = fileSystem.create(4);
            table = machine.pageTable(0);
            leaf = large.mmap(table, 0, PageTableEntry.ENTRIES, 0);
            pages = small.mmap(table, PageTableEntry.ENTRIES, 8, 0);
            large.faultPmd(cpu, leaf, 0, true);
            small.fault(cpu, pages, pages.start(), true);
            small.fault(cpu, pages, pages.start() + 1, true);
            pin(pages.start(), pinned);
            pin(pages.start() + 1, crowded);
            for (int i = 0; i < CROWD; i++) {
                pin(pages.start() + 1, out);
                machine.gup().unpin(cpu, out, 1);
            }
            gone = machine.attach();
            machine.detach(gone);
        }

        private void pin(final long page, final long[] to) {
            assertEquals(1, machine.gup().pinFast(cpu, table, page, 1, true, to));
        }

        /** Everything back, and the books balance: no refused call has changed a count. */
        void end() throws InterruptedException {
            machine.gup().unpin(cpu, pinned, 1);
            machine.gup().unpin(cpu, crowded, 1);
            small.munmap(cpu, pages);
            large.munmap(cpu, leaf);
            machine.checkBooks(new PfnRange(machine.wholeDevice().first(), machine.wholeDevice().first() + 1023));
            for (final DaxFile file : List.of(large, small, unmapped)) {
                fileSystem.unlink(cpu, file);
            }
        }

        private List<Row> rows() {
            final List<Row> rows = new ArrayList<>();
            machineRows(rows);
            pagemapRows(rows);
            fileRows(rows);
            walkRows(rows);
            return rows;
        }

        private void state(final List<Row> rows, final String call, final Executable body) {
            rows.add(new Row(call, IllegalStateException.class, body));
        }

        private void argument(final List<Row> rows, final String call, final Executable body) {
            rows.add(new Row(call, IllegalArgumentException.class, body));
        }

        private Executable create(final PfnRange... ranges) {
            return () -> machine.createPagemap(cpu, PagemapType.FS_DAX, ranges);
        }

        private void machineRows(final List<Row> rows) {
            final PfnRange whole = machine.wholeDevice();
            final PfnRange free = new PfnRange(whole.last() - 9, whole.last());
            state(rows, "Machine.createPagemap over another", create(whole));
            state(rows, "Machine.createPagemap with a second range over another", create(free, whole));
            argument(rows, "Machine.createPagemap of nothing", create());
            argument(rows, "Machine.createPagemap of five ranges", create(free, free, free, free, free));
            argument(rows, "Machine.createPagemap of overlapping ranges", create(free, free));
            argument(rows, "Machine.createPagemap beyond the device",
                create(new PfnRange(whole.last(), whole.last() + 1)));
            state(rows, "Machine.createPagemap of a CPU given back",
                () -> machine.createPagemap(gone, PagemapType.FS_DAX, free));
            state(rows, "Machine.createPagemap inside a read section",
                () -> inside(() -> machine.createPagemap(cpu, PagemapType.FS_DAX, free)));
            state(rows, "Machine.createDaxDevice over another", () -> machine.createDaxDevice(cpu, whole));
            state(rows, "Machine.removePagemap twice", () -> machine.removePagemap(cpu, removed.pgmap()));
            argument(rows, "Machine.removePagemap of nothing", () -> machine.removePagemap(cpu, 0));
            state(rows, "Machine.unbind twice", () -> machine.unbind(cpu, removed));
            state(rows, "Machine.mount of a device that is gone",
                () -> machine.mount(FileSystemType.EXT4, removed));
            argument(rows, "Machine.pageTable of no address space", () -> machine.pageTable(4));
            state(rows, "Machine.detach twice", () -> machine.detach(gone));
            state(rows, "Machine.detach inside a read section", () -> inside(() -> machine.detach(cpu)));
            state(rows, "Machine.close with a CPU", machine::close);
            state(rows, "Machine.checkBooks with a pin", () -> machine.checkBooks(whole));
        }

        private void inside(final Runnable body) {
            machine.epochs().enter(cpu);
            try {
                body.run();
            } finally {
                machine.epochs().exit(cpu);
            }
        }

        private void pagemapRows(final List<Row> rows) {
            final DevPagemaps pagemaps = machine.pagemaps();
            state(rows, "DevPagemaps.kill twice", () -> pagemaps.kill(removed.pgmap()));
            state(rows, "DevPagemaps.drain of one that is gone", () -> pagemaps.drain(removed.pgmap()));
            state(rows, "DevPagemaps.drain of one that lives", () -> pagemaps.drain(alive));
            state(rows, "DevPagemaps.free of one that is gone", () -> pagemaps.free(removed.pgmap()));
            state(rows, "DevPagemaps.free of one that lives", () -> pagemaps.free(alive));
            state(rows, "DevPagemaps.clearAlive of one that is gone", () -> pagemaps.clearAlive(removed.pgmap()));
            state(rows, "DevPagemaps.ranges of one that is gone", () -> pagemaps.ranges(removed.pgmap()));
            state(rows, "DevPagemaps.pages of one that is gone", () -> pagemaps.pages(removed.pgmap()));
            state(rows, "DevPagemaps.putMany of one that is gone", () -> pagemaps.putMany(cpu, removed.pgmap(), 1));
            argument(rows, "DevPagemaps.kill of nothing", () -> pagemaps.kill(alive + 8));
            argument(rows, "DevPagemaps.references of nothing", () -> pagemaps.references(Long.MAX_VALUE));
        }

        private void fileRows(final List<Row> rows) {
            argument(rows, "DaxFile.mmap beyond the file", () -> small.mmap(table, 600, 9, 0));
            argument(rows, "DaxFile.mmap beyond the address space", () -> small.mmap(table, PAGES - 1, 2, 0));
            state(rows, "DaxFile.mmap over an area", () -> small.mmap(table, 0, 1, 0));
            state(rows, "DaxFile.munmap of no area", () -> small.munmap(cpu, new Vma(table, 1000, 1, 0, small)));
            argument(rows, "DaxFile.fault outside the area", () -> small.fault(cpu, pages, 0, true));
            argument(rows, "DaxFile.faultPmd not aligned", () -> large.faultPmd(cpu, leaf, 1, true));
            argument(rows, "DaxFile.read beyond the file", () -> small.read(8));
            argument(rows, "DaxFile.write beyond the file", () -> small.write(cpu, 8, 1));
            argument(rows, "DaxFile.truncate to a size that it cannot have", () -> small.truncate(cpu, 9));
            argument(rows, "DaxFile.punch beyond the file", () -> small.punch(cpu, 8, 1));
            argument(rows, "DaxFile.tryBreakLayout beyond the file", () -> small.tryBreakLayout(cpu, 0, 9));
            rows.add(new Row("DaxFile.fault beyond the file", BusErrorException.class,
                () -> small.fault(cpu, new Vma(table, 700, 9, 0, small), 708, true)));
            state(rows, "FileSystem.create without room", () -> fileSystem.create(PAGES));
            state(rows, "FileSystem.create in blocks of another",
                () -> fileSystem.create(new PfnRange(small.pfn(0), small.pfn(0))));
            state(rows, "FileSystem.reflink of a file with leaves", () -> fileSystem.reflink(large));
            state(rows, "FileSystem.unlink of a mapped file", () -> fileSystem.unlink(cpu, small));
            state(rows, "FileSystem.unmount with a mapped file", () -> fileSystem.unmount(cpu));
        }

        private void walkRows(final List<Row> rows) {
            final Gup gup = machine.gup();
            final PageMapper mapper = machine.mapper();
            argument(rows, "Gup.getFast beyond the address space",
                () -> gup.getFast(cpu, table, PAGES, 1, true, out));
            argument(rows, "Gup.pinFast beyond the address space",
                () -> gup.pinFast(cpu, table, -1, 1, true, out));
            argument(rows, "Gup.getSlow without room", () -> gup.getSlow(cpu, table, 512, 5, true, out));
            argument(rows, "Gup.pinSlow without room", () -> gup.pinSlow(cpu, table, 512, 5, true, out));
            argument(rows, "Gup.pin without room", () -> gup.pin(cpu, table, 512, 5, true, out));
            argument(rows, "Gup.pinLongterm without room", () -> gup.pinLongterm(cpu, table, 512, 5, true, out));
            final long[] wild = {small.pfn(0), Long.MAX_VALUE};
            argument(rows, "Gup.unpin of a page of another device", () -> gup.unpin(cpu, wild, 2));
            argument(rows, "Gup.unpin of more pages than named", () -> gup.unpin(cpu, pinned, 2));
            argument(rows, "Gup.put of a page of another device", () -> gup.put(cpu, wild, 2));
            argument(rows, "PageMapper.insertPage of a page of another device",
                () -> mapper.insertPage(table, 1100, wild[1], true));
            argument(rows, "PageMapper.insertPmd of pages of another device",
                () -> mapper.insertPmd(table, 1024, 0, true));
            argument(rows, "PageMapper.insertPage beyond the address space",
                () -> mapper.insertPage(table, PAGES, small.pfn(0), true));
            argument(rows, "PageMapper.insertPmd not aligned",
                () -> mapper.insertPmd(table, 1024, small.pfn(0) + 1, true));
            argument(rows, "PageMapper.insertZeroPage beyond the address space",
                () -> mapper.insertZeroPage(table, -1));
            argument(rows, "PageMapper.zap beyond the address space", () -> mapper.zap(cpu, table, PAGES - 1, 2));
            argument(rows, "PageMapper.writeProtect beyond the address space",
                () -> mapper.writeProtect(table, PAGES));
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldChangeNothing(final Setup setup) throws InterruptedException {
        try (TestMachine test = setup.openBare(PAGES, words -> words)) {
            final World world = new World(test);
            final long warnings = test.memmap().warnings().count();
            final DeviceSnapshot before = DeviceSnapshot.of(test);
            for (final Row row : world.rows()) {
                assertThrows(row.refusal, row.body, row.call);
                before.requireSame(row.call);
            }
            assertEquals(warnings, test.memmap().warnings().count(), "no kernel would say a word");
            world.end();
        }
    }

    /** The table is of use only as long as it names every class that refuses. */
    @Test
    void shouldHaveARowForEveryClassThatRefuses() {
        try (TestMachine test = new Setup("fs-held", "cas", WordsKind.SEGMENT).openBare(PAGES, words -> words)) {
            final Set<String> classes = new World(test).rows().stream()
                .map(row -> row.call.substring(0, row.call.indexOf('.'))).collect(Collectors.toSet());

            assertTrue(classes.containsAll(Stream.of(Machine.class, DevPagemaps.class, DaxFile.class,
                FileSystem.class, Gup.class, PageMapper.class).map(Class::getSimpleName).toList()));
        }
    }
}
