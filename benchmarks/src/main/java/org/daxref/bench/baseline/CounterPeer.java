/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.daxref.bench.BenchMachine;
import org.daxref.dax.DaxFile;
import org.daxref.page.PageCounter;

/**
 * A counter of this project, on one mapped page of a device of its own: the word of the count pinned and unpinned,
 * without a walk, a design or statistics around it.
 */
final class CounterPeer extends Peer {
    private static final long PAGES = 64;
    private static final String DESIGN = "fs-held";

    private final BenchMachine machine;
    private final PageCounter counter;
    private final long head;

    private CounterPeer(final BenchMachine machine, final long head) {
        this.machine = machine;
        counter = machine.machine().counter();
        this.head = head;
    }

    /** One at a time, for all devices are made under the same name. */
    static synchronized Peer create(final String name) {
        try {
            final BenchMachine machine = new BenchMachine(PAGES, DESIGN, name);
            final DaxFile file = machine.createFile(machine.machine().wholeDevice());
            machine.mapPages(file, 0, 1, 0);
            return new CounterPeer(machine, machine.machine().memmap().page(file.pfn(0)));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    long take() {
        if (!counter.tryPin(head, 1)) {
            throw refused(counter.count(head));
        }
        return head;
    }

    @Override
    void drop(final long taken) {
        counter.unpin(head, 1);
    }

    @Override
    void checkBooks() {
        machine.checkBooks();
    }

    @Override
    public void close() {
        machine.close();
    }
}
