/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.daxref.page.PageTableEntry.ENTRIES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.daxref.Invariants;
import org.daxref.Machine;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.DeviceFailedException;
import org.daxref.memory.FailingWords;
import org.daxref.memory.ForwardingWords;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Memory that fails once, at every access of every operation on files in turn. Afterwards no lock is held, entries,
 * pages, mappings and blocks agree, and everything can be done again and taken down.
 */
class DaxFailuresTest {
    private static final long PAGES = 1024;
    private static final long FILE = 8;

    static Stream<Setup> setups() {
        return Stream.concat(Machine.designNames().stream().map(design -> new Setup(design, "cas", WordsKind.SEGMENT)),
            Stream.of(new Setup("fs-held-drain", "striped", WordsKind.SEGMENT)));
    }

    /** An operation on a file of eight pages, the last one a hole, mapped as a whole. */
    @FunctionalInterface
    private interface Operation {
        void run(Files files) throws Exception;
    }

    private static Map<String, Operation> operations(final boolean shares) {
        final Map<String, Operation> all = new LinkedHashMap<>();
        all.put("fault", files -> files.file.fault(files.cpu, files.area, 2, true));
        all.put("fault again", files -> files.file.fault(files.cpu, files.area, 0, true));
        all.put("fault that fills a hole", files -> files.file.fault(files.cpu, files.area, FILE - 1, true));
        all.put("fault that reads a hole", files -> files.file.fault(files.cpu, files.area, FILE - 1, false));
        all.put("fault that fills a mapped hole", files -> {
            files.file.fault(files.cpu, files.area, FILE - 1, false);
            files.file.fault(files.cpu, files.area, FILE - 1, true);
        });
        all.put("leaf", files -> files.large.faultPmd(files.cpu, files.largeArea, ENTRIES, true));
        all.put("munmap", files -> {
            final PageTable table = files.machine.table(1);
            final Vma left = table.area(0);
            files.file.munmap(files.cpu, left != null ? left : files.file.mmap(table, 0, FILE, 0));
        });
        all.put("read", files -> files.file.read(0));
        all.put("write", files -> files.file.write(files.cpu, 0, 7));
        all.put("write to a hole", files -> files.file.write(files.cpu, FILE - 1, 7));
        all.put("fsync", files -> files.file.fsync());
        all.put("truncate", files -> files.file.truncate(files.cpu, 0));
        all.put("punch", files -> files.file.punch(files.cpu, 0, 2));
        all.put("break", files -> files.file.tryBreakLayout(files.cpu, 0, FILE));
        all.put("create", files -> files.machine.fileSystem().create(4));
        all.put("unlink", files -> {
            if (files.machine.fileSystem().files().contains(files.idle)) {
                files.machine.fileSystem().unlink(files.cpu, files.idle);
            }
        });
        if (shares) {
            all.put("reflink", files -> files.machine.fileSystem().reflink(files.file));
            all.put("fault that copies", files -> {
                files.machine.fileSystem().reflink(files.file);
                files.file.fault(files.cpu, files.area, 0, true);
            });
            all.put("write that copies", files -> {
                files.machine.fileSystem().reflink(files.file);
                files.file.write(files.cpu, 0, 7);
            });
            all.put("unlink of a copy",
                files -> files.machine.fileSystem().unlink(files.cpu, files.machine.fileSystem().reflink(files.file)));
        }
        return all;
    }

    /** Notes where accesses went. */
    private static final class NotingWords extends ForwardingWords {
        private final List<Long> offsets = new ArrayList<>();
        private boolean notes;

        NotingWords(final Words target) {
            super(target);
        }

        @Override
        protected void before(final Op op, final long offset) {
            if (notes) {
                offsets.add(offset);
            }
        }
    }

    /** A device with three files. */
    private static final class Files implements AutoCloseable {
        private final FailingWords[] failing = new FailingWords[1];
        private final NotingWords[] noting = new NotingWords[1];
        private final TestMachine machine;
        private final CpuSlot cpu;
        private DaxFile file;
        private DaxFile idle;
        private DaxFile large;
        private Vma area;
        private Vma largeArea;
        private DeviceFailedException failure;

        Files(final Setup setup) {
            machine = setup.openEmpty(PAGES, words -> {
                noting[0] = new NotingWords(words);
                failing[0] = new FailingWords(noting[0]);
                return failing[0];
            });
            cpu = machine.cpu();
        }

        void make() throws Exception {
            large = machine.fileSystem().create(ENTRIES);
            largeArea = large.mmap(machine.table(0), ENTRIES, ENTRIES, 0);
            file = machine.fileSystem().create(FILE);
            area = file.mmap(machine.table(0), 0, FILE, 0);
            file.fault(cpu, area, 0, true);
            file.fault(cpu, area, 1, true);
            file.truncate(cpu, FILE - 1);
            file.truncate(cpu, FILE);
            file.fault(cpu, area, 0, true);
            idle = machine.fileSystem().create(FILE);
            final Vma other = idle.mmap(machine.table(1), 0, FILE, 0);
            idle.fault(cpu, other, 3, true);
            idle.munmap(cpu, other);
        }

        void checkNothingIsLocked() {
            for (final DaxFile each : machine.fileSystem().files()) {
                for (long at = 0; at < DaxFileDescriptor.ENTRIES_OFFSET; at += Integer.BYTES) {
                    assertEquals(0, machine.words().getIntVolatile(each.identity() + at), "at=" + at);
                }
                for (long index = 0; index < each.capacity(); index++) {
                    final long entry = machine.words().getLongVolatile(
                        each.identity() + DaxFileDescriptor.ENTRIES_OFFSET + index * Long.BYTES);
                    assertEquals(0, entry & DaxFileDescriptor.LOCKED, "index=" + index);
                }
            }
        }

        void takeDown() {
            if (machine.table(0).area(0) != null) {
                file.munmap(cpu, area);
            }
            large.munmap(cpu, largeArea);
            for (final DaxFile each : machine.fileSystem().files()) {
                machine.fileSystem().unlink(cpu, each);
            }
            for (long page = 0; page < PAGES; page++) {
                assertTrue(machine.fileSystem().isFree(machine.startPfn() + page), "page=" + page);
                assertEquals(machine.idle(), machine.count(page), "page=" + page);
                assertTrue(!machine.isCached(page), "page=" + page);
            }
        }

        @Override
        public void close() {
            machine.close();
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldUndoWhatFails(final Setup setup) throws Exception {
        final boolean shares = !"pre-518".equals(setup.design());
        for (final Map.Entry<String, Operation> each : operations(shares).entrySet()) {
            try (Files files = new Files(setup)) {
                final Thread body = Thread.ofPlatform().daemon().unstarted(() -> failOneByOne(files, each.getValue()));
                final AtomicReference<Throwable> trouble = new AtomicReference<>();
                body.setUncaughtExceptionHandler((thread, e) -> trouble.set(e));
                body.start();
                Race.awaitEnd(body);
                if (trouble.get() != null) {
                    throw new AssertionError(each.getKey(), trouble.get());
                }
            }
        }
    }

    private static void failOneByOne(final Files files, final Operation operation) {
        int access = 0;
        try {
            attempt(files, operation, Integer.MAX_VALUE);
            final List<Long> offsets = List.copyOf(files.noting[0].offsets);
            for (access = 1; access <= offsets.size(); access++) {
                if (!isInsideABlock(files, offsets, access - 1)) {
                    attempt(files, operation, access);
                }
            }
        } catch (final Exception | AssertionError e) {
            if (files.failure != null) {
                e.addSuppressed(files.failure);
            }
            throw new AssertionError("access=" + access, e);
        }
    }

    /** Of the words of a block that are written one after the other, the first and the last will do. */
    private static boolean isInsideABlock(final Files files, final List<Long> offsets, final int at) {
        final long data = files.machine.data(0);
        return at > 0 && at < offsets.size() - 1 && offsets.get(at - 1) >= data && offsets.get(at) >= data
            && offsets.get(at + 1) >= data;
    }

    /** Notes the accesses of the operation if none of them fails. */
    private static void attempt(final Files files, final Operation operation, final int access) throws Exception {
        files.make();
        files.noting[0].notes = access == Integer.MAX_VALUE;
        files.failing[0].failInsteadOf(access);
        try {
            operation.run(files);
        } catch (final DeviceFailedException e) {
            files.failure = e;
            assertTrue(files.failing[0].hasFailed());
        }
        files.failing[0].reset();
        files.noting[0].notes = false;
        files.checkNothingIsLocked();
        Invariants.check(files.machine);
        operation.run(files);
        files.checkNothingIsLocked();
        Invariants.check(files.machine);
        files.takeDown();
    }
}
