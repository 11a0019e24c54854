/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.fault;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.daxref.Machine;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.device.PmemDevice;
import org.daxref.memory.DeviceFailedException;
import org.daxref.memory.WordsKind;
import org.daxref.mm.PageTable;
import org.daxref.mm.Vma;
import org.daxref.pagemap.PagemapType;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;

/** A process with a machine whose device file is cut short while it runs. Each line that it prints is a result. */
final class CutDevice {
    private static final int PAGES = 64;
    private static final int FILE_PAGES = 8;
    private static final int KEPT_PAGES = 4;
    private static final int LOST = 6;
    private static final int SPARE = 16;

    private final Path path;
    private final Machine machine;
    private final CpuSlot cpu;
    private final DaxDevice pmem;
    private final FileSystem fileSystem;
    private final DaxFile file;
    private final PageTable table;
    private final Vma area;
    private final long[] pinned = new long[1];

    private CutDevice(final PmemDevice device, final Path path, final WordsKind kind, final String counter) {
        this.path = path;
        machine = new Machine(device.geometry(), kind.over(device.region().segment()), "fs-held", counter);
        cpu = machine.attach();
        final long first = machine.wholeDevice().first();
        pmem = machine.createDaxDevice(cpu, new PfnRange(first, first + PAGES - SPARE - 1));
        fileSystem = machine.mount(FileSystemType.EXT4, pmem);
        file = fileSystem.create(FILE_PAGES);
        table = machine.pageTable(0);
        area = file.mmap(table, 0, FILE_PAGES, 0);
        for (int page = 0; page < FILE_PAGES; page++) {
            file.fault(cpu, area, page, true);
        }
    }

    /** Something that uses the memory. */
    @FunctionalInterface
    private interface Use {
        void run() throws Exception;
    }

    public static void main(final String[] arguments) throws Exception {
        final Path path = Path.of(arguments[0]);
        PmemDevice.create(path, Machine.geometry(PAGES));
        try (PmemDevice device = PmemDevice.open(path)) {
            final CutDevice cut = new CutDevice(device, path, WordsKind.valueOf(arguments[1]), arguments[2]);
            if ("data".equals(arguments[3])) {
                cut.loseData(device);
            } else {
                cut.loseAll();
            }
        }
        System.out.println("closed");
    }

    private void cutTo(final long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        }
    }

    private static void attempt(final String name, final Use use) {
        try {
            use.run();
            System.out.println(name + ": done");
        } catch (final DeviceFailedException e) {
            System.out.println(name + ": failed");
        } catch (final Throwable e) {
            System.out.println(name + ": " + e);
            e.printStackTrace();
        }
    }

    /** Half of the pages of the file: what does not touch them works. */
    private void loseData(final PmemDevice device) throws Exception {
        cutTo(device.geometry().dataOffset(file.pfn(KEPT_PAGES)));
        attempt("read", () -> file.read(LOST));
        attempt("write", () -> file.write(cpu, LOST, 1));
        attempt("punch", () -> file.punch(cpu, LOST, 1));
        attempt("write to a hole", () -> file.write(cpu, LOST, 1));
        attempt("fault in a hole", () -> file.fault(cpu, area, LOST, true));
        final DaxFile copy = fileSystem.reflink(file);
        attempt("fault of a copy", () -> file.fault(cpu, area, LOST - 1, true));
        attempt("write of a copy", () -> file.write(cpu, LOST - 1, 1));
        machine.epochs().synchronize();
        file.fault(cpu, area, 1, false);
        machine.gup().unpin(cpu, pinned, machine.gup().pinFast(cpu, table, 1, 1, false, pinned));
        file.munmap(cpu, area);
        fileSystem.unlink(cpu, copy);
        fileSystem.unlink(cpu, file);
        machine.checkBooks(pmem.blocks());
        machine.unbind(cpu, pmem);
        machine.detach(cpu);
        machine.close();
        System.out.println("books: balanced");
    }

    /** Everything: each operation says so, and none hangs. */
    private void loseAll() throws Exception {
        final long[] out = new long[FILE_PAGES];
        machine.gup().pinFast(cpu, table, 1, 1, false, pinned);
        final long[] got = new long[1];
        machine.gup().getFast(cpu, table, 2, 1, false, got);
        cutTo(0);
        attempt("pinFast", () -> machine.gup().pinFast(cpu, table, 0, 2, false, out));
        attempt("getFast", () -> machine.gup().getFast(cpu, table, 0, 2, false, out));
        attempt("pin", () -> machine.gup().pin(cpu, table, 0, 2, true, out));
        attempt("pinSlow", () -> machine.gup().pinSlow(cpu, table, 0, 2, true, out));
        attempt("unpin", () -> machine.gup().unpin(cpu, pinned, 1));
        attempt("put", () -> machine.gup().put(cpu, got, 1));
        attempt("fault", () -> file.fault(cpu, area, 1, true));
        attempt("zap", () -> machine.mapper().zap(cpu, table, 0, 1));
        attempt("read", () -> file.read(0));
        attempt("write", () -> file.write(cpu, 0, 1));
        attempt("fsync", file::fsync);
        attempt("truncate", () -> file.truncate(cpu, 0));
        attempt("punch", () -> file.punch(cpu, 0, 1));
        attempt("reflink", () -> fileSystem.reflink(file));
        attempt("munmap", () -> file.munmap(cpu, area));
        attempt("createPagemap", () -> machine.createPagemap(cpu, PagemapType.GENERIC,
            new PfnRange(machine.wholeDevice().last(), machine.wholeDevice().last())));
        attempt("unbind", () -> machine.unbind(cpu, pmem));
        attempt("attach", machine::attach);
    }
}
