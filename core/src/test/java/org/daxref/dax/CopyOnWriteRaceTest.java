/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.daxref.Machine;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.ActingWords;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.daxref.mm.Vma;
import org.daxref.page.PageTableEntry;
import org.daxref.sync.CpuSlot;
import org.daxref.schedule.Exploration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Who gives a page of a file its block: a fault holds the invalidate lock, a write the inode lock, and another file
 * that shares the block neither of this file's.
 */
class CopyOnWriteRaceTest {
    private static final long PAGES = 64;
    private static final int SCHEDULES = 100;

    static Stream<Setup> sharing() {
        return Machine.designNames().stream().filter(design -> !"pre-518".equals(design))
            .map(design -> new Setup(design, "cas", WordsKind.SEGMENT));
    }

    /** Two files that share a block, one of them mapped. */
    private static final class Files implements AutoCloseable {
        private final TestMachine machine;
        private final CpuSlot writer;
        private DaxFile a;
        private DaxFile b;
        private Vma area;

        Files(final Setup setup, final UnaryOperator<Words> wrap) {
            machine = setup.openScheduled(PAGES, wrap, null);
            writer = machine.machine().attach();
        }

        void make() {
            a = machine.fileSystem().create(1);
            area = a.mmap(machine.table(0), 0, 1, 0);
            a.fault(machine.cpu(), area, 0, false);
            b = machine.fileSystem().reflink(a);
        }

        void writeFault() {
            a.fault(machine.cpu(), area, 0, true);
        }

        void write() {
            a.write(writer, 0, 1);
        }

        long mapped() {
            return PageTableEntry.pfn(machine.table(0).entry(0));
        }

        void unlinkAll() {
            assertEquals(PAGES - 2, free(), "one block each");
            a.munmap(machine.cpu(), area);
            machine.fileSystem().unlink(machine.cpu(), a);
            machine.fileSystem().unlink(machine.cpu(), b);
            assertEquals(PAGES, free());
        }

        private long free() {
            return LongStream.range(0, PAGES).filter(i -> machine.fileSystem().isFree(machine.startPfn() + i)).count();
        }

        @Override
        public void close() {
            machine.device().close();
        }
    }

    /** Both find the block shared; only one copies it. */
    @ParameterizedTest
    @MethodSource("sharing")
    void shouldCopyABlockOnceForAWriteAndAFault(final Setup setup) {
        try (Files files = new Files(setup, UnaryOperator.identity())) {
            Exploration.pass(SCHEDULES, schedule -> {
                files.make();
                schedule.run(files::writeFault, files::write);
                files.unlinkAll();
            });
        }
    }

    /** Otherwise the other file could free it under an entry of a page table. */
    @ParameterizedTest
    @MethodSource("sharing")
    void shouldGiveASharedBlockUpOnceNoEntryShowsIt(final Setup setup) {
        final ActingWords[] acting = new ActingWords[1];
        try (Files files = new Files(setup, words -> {
            acting[0] = new ActingWords(words);
            return acting[0];
        })) {
            files.make();
            final long shared = files.a.pfn(0);
            acting[0].afterEach((op, offset) -> assertTrue(files.mapped() != shared
                || files.machine.fileSystem().isShared(shared), "given up, and mapped"));

            files.writeFault();

            acting[0].reset();
            assertFalse(files.machine.fileSystem().isShared(shared));
            assertEquals(files.a.pfn(0), files.mapped());
            files.unlinkAll();
        }
    }
}
