/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.random;

import java.util.Queue;
import java.util.SplittableRandom;
import org.daxref.Invariants.Violation;
import org.daxref.TestMachine;
import org.daxref.dax.FileSystem;
import org.daxref.mm.PageTable;

/** What random processes live in: a machine, names of files, and an address space with a place for every file. */
public interface Environment {
    TestMachine machine();

    /** The file system that is mounted now. */
    FileSystem fileSystem();

    Tally tally();

    /** How many names there are. */
    int slots();

    /** What a name stands for now. */
    Slot slot(int index);

    /** How many processes there are. */
    int actors();

    /** The address space of a process. */
    PageTable table(int actor);

    /** Where in its address space a process maps a file: the number of the first page. */
    long start(int actor, int slot);

    /** All that happens happens in the first pages of a file. */
    long usedPages();

    /** Whether entries of files hold references, rather than entries of page tables. */
    boolean entriesHold();

    /** Pages that somebody pinned and anybody may unpin, as the CPU does that is told of the end of a transfer. */
    Queue<Holding> handedOver();

    /** The size of the next file of a name. */
    long nextFilePages(Slot slot, SplittableRandom random);

    /** An operation that the design and the device can do. */
    Operation draw(SplittableRandom random);

    /** Somebody wants to remove the device. */
    void remove(Actor remover);

    /** An invariant does not hold. */
    void report(Violation violation);
}
