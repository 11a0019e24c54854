/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import java.util.List;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.mm.Errno;
import org.daxref.mm.Vma;
import org.daxref.page.Memmap;

/** S42 to S46: blocks that two files share, holes, and pins that would last. */
final class SharingScenarios {
    private static final int PAGES = 8;

    /** Before 6.0 files on DAX shared no blocks. */
    private static final List<String> WITH_REFLINK = List.of("dev-pagemap", "pgmap-folio", "fs-held", "fs-held-drain");

    private SharingScenarios() {
    }

    static List<Scenario> list() {
        return List.of(
            new Scenario("S42", "two files share blocks, and whose a page is", WITH_REFLINK,
                SharingScenarios::shareCounts),
            new Scenario("S43", "two files that share a block are cut off, one after the other", WITH_REFLINK,
                SharingScenarios::truncates),
            new Scenario("S44", "a shared page is pinned through one file, and the other file is cut off",
                WITH_REFLINK, SharingScenarios::pinnedThroughTheOther),
            Scenario.ofAll("S45", "holes are tied to no file and never busy", SharingScenarios::holes),
            Scenario.ofAll("S46", "a pin that would last is refused", SharingScenarios::longterm));
    }

    /** An original that process A maps, and its copy that process B maps. */
    private record Pair(Stage stage, Cast cast, DaxFile original, DaxFile copy, Vma ofA, Vma ofB) {

        /** A writes to the first page, and then the file is copied. Some pages of the original are watched. */
        static Pair copied(final Stage stage, final String... watched) throws InterruptedException {
            final Cast cast = new Cast(stage);
            final FileSystem fileSystem = stage.mount(FileSystemType.XFS);
            final DaxFile original = fileSystem.create(PAGES);
            final Vma ofA = original.mmap(stage.process(0), 0, PAGES, 0);
            for (int i = 0; i < watched.length; i++) {
                stage.watch(watched[i], original.pfn(i));
            }
            cast.writes("process A", "writes to the page", ofA, 0);
            final DaxFile[] copy = new DaxFile[1];
            stage.does("cp", "copies the file by sharing its blocks (FICLONE)", cpu -> {
                copy[0] = fileSystem.reflink(original);
                return null;
            });
            return new Pair(stage, cast, original, copy[0], ofA, copy[0].mmap(stage.process(1), 0, PAGES, 0));
        }

        /** A fault, and whose the page of the original then is. */
        void faults(final String who, final String action, final Vma vma, final long page, final boolean write)
            throws InterruptedException {
            stage.does(who, action, cpu -> vma.ops().fault(cpu, vma, vma.start() + page, write)
                ? whose(original.pfn(page)) : "not mapped");
        }

        private String whose(final long pfn) {
            final Memmap memmap = stage.machine().memmap();
            final long page = memmap.page(pfn);
            final long mapping = memmap.mapping(page);
            final String owner = mapping == 0 ? "no file" : mapping == original.identity() ? "the original"
                : mapping == copy.identity() ? "the copy" : "a mark";
            return "mapping: " + owner + ", share: " + memmap.share(page);
        }
    }

    private static void shareCounts(final Stage stage) throws InterruptedException {
        final Pair files = Pair.copied(stage, "page", "next page");
        files.faults("process B", "reads the page of the copy", files.ofB, 0, false);
        files.faults("process A", "reads the next page", files.ofA, 1, false);
        files.faults("process B", "reads the next page of the copy", files.ofB, 1, false);
        final int shared = stage.machine().memmap().share(stage.machine().memmap().page(files.original.pfn(1)));
        files.faults("process B", "writes to the next page of the copy", files.ofB, 1, true);
        stage.ends(shared == 2 && files.copy.pfn(1) != files.original.pfn(1)
            ? "Both files had the page until one wrote, and got a page of its own." : "The page was not shared.");
    }

    private static void truncates(final Stage stage) throws InterruptedException {
        final Pair files = Pair.copied(stage, "page");
        files.faults("process B", "reads the page of the copy", files.ofB, 0, false);
        final Actor first = files.cast.truncates("truncate A", "cuts the original off", files.original);
        final boolean waited = first.isAsleep();
        final Actor second = files.cast.truncates("truncate B", "cuts the copy off", files.copy);
        stage.ends(first.isAsleep() || second.isAsleep() ? "A truncate sleeps on."
            : waited ? "Nobody had pinned the page, and yet the first truncate waited for the other file to let it go."
            : "The page stayed with the copy until that went as well.");
    }

    private static void pinnedThroughTheOther(final Stage stage) throws InterruptedException {
        final Pair files = Pair.copied(stage, "page");
        files.faults("process B", "reads the page of the copy", files.ofB, 0, false);
        final long[] pinned = files.cast.pinsForReading("driver", "pins it through the original", files.ofA, 0, 1);
        final Actor truncate = files.cast.truncates("truncate B", "cuts the copy off", files.copy);
        final boolean waited = truncate.isAsleep();
        files.cast.unpins("driver", "unpins it", pinned);
        final boolean afterUnpin = truncate.isAsleep();
        files.cast.unmaps("process A", "unmaps the original", files.original, files.ofA);
        final boolean afterUnmap = truncate.isAsleep();
        final Actor other = files.cast.truncates("truncate A", "cuts the original off", files.original);
        stage.ends(!waited ? "The truncate did not wait."
            : !afterUnpin ? "The truncate waited for the pin through the other file."
            : !afterUnmap ? "No pin was left, but the other file's mapping kept the truncate asleep until it went."
            : truncate.isAsleep() || other.isAsleep() ? "Nothing ends the wait."
            : "No pin was left, nor a mapping, but the other file kept the truncate asleep until it was cut off too.");
    }

    private static void holes(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final FileSystem fileSystem = stage.mount(FileSystemType.EXT4);
        final DaxFile file = fileSystem.create(PAGES);
        final Vma vma = file.mmap(stage.process(0), 0, PAGES, 0);
        final long block = file.pfn(0);
        stage.watch("former block", block);
        final Actor punch = stage.starts("fallocate", "punches a hole", cpu -> {
            file.punch(cpu, 0, 1);
            return null;
        });
        cast.reads("process", "reads the hole", vma, 0);
        cast.pinsForReading("driver", "tries to pin what it reads", vma, 0, 1);
        final String asked = stage.does("file system", "asks for the blocks without waiting",
            cpu -> file.tryBreakLayout(cpu, 0, PAGES) ? "nothing is busy" : "-ERESTARTSYS");
        cast.reads("process", "reads the hole again", vma, 0);
        final Actor truncate = cast.truncates("truncate", "cuts the file off", file);
        stage.ends(punch.isAsleep() || truncate.isAsleep() ? "Somebody waits for a hole."
            : "The hole was mapped, of no block, and nobody waited for it: " + asked + ".");
    }

    private static void longterm(final Stage stage) throws InterruptedException {
        final Cast cast = new Cast(stage);
        final DaxFile file = stage.mount(FileSystemType.EXT4).create(PAGES);
        final Vma vma = file.mmap(stage.process(0), 0, PAGES, 0);
        stage.watch("page", file.pfn(0));
        cast.writes("process", "writes to the page", vma, 0);
        final int before = cast.count(file.pfn(0));
        final String longTerm = stage.does("driver", "pins it for good (FOLL_LONGTERM)",
            cpu -> error(stage.machine().gup().pinLongterm(cpu, vma.table(), vma.start(), 1, true, new long[1])));
        final boolean asBefore = cast.count(file.pfn(0)) == before;
        final long[] pinned = cast.pins("driver", "pins it for a moment", vma, 0, 1);
        cast.unpins("driver", "unpins it", pinned);
        stage.ends("For good: " + longTerm + (asBefore ? ", and the count is as it was." : ", and the count is off."));
    }

    private static String error(final int result) {
        return result == -Errno.EOPNOTSUPP ? "-EOPNOTSUPP" : Integer.toString(result);
    }
}
