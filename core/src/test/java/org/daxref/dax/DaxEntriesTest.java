/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.daxref.dax.DaxFileDescriptor.EMPTY;
import static org.daxref.dax.DaxFileDescriptor.ENTRIES_OFFSET;
import static org.daxref.dax.DaxFileDescriptor.LOCKED;
import static org.daxref.dax.DaxFileDescriptor.PFN_SHIFT;
import static org.daxref.dax.DaxFileDescriptor.PMD;
import static org.daxref.dax.DaxFileDescriptor.ZERO_PAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.daxref.Race;
import org.daxref.TestDevice;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.daxref.sync.WaitTable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code grab_mapping_entry}, {@code get_unlocked_entry} and {@code dax_unlock_entry}, entry by entry. */
class DaxEntriesTest {
    private static final long PAGES = 2048;
    private static final long PFN = 4711;

    /** The entries of a file on a device. */
    private static final class Fixture implements AutoCloseable {
        private final TestDevice device;
        private final Words words;
        private final WaitTable waits;
        private final DaxEntries entries;

        Fixture(final WordsKind kind) {
            device = TestDevice.open(kind, PAGES);
            words = device.words();
            waits = new WaitTable(words, device.geometry().waitTableOffset());
            entries = new DaxEntries(words, waits, device.geometry().entriesOffset());
        }

        long slot(final long index) {
            return device.geometry().entriesOffset() + ENTRIES_OFFSET + index * Long.BYTES;
        }

        long entry(final long index) {
            return words.getLongVolatile(slot(index));
        }

        /** Makes an entry that stands for pages. */
        void settle(final long index, final long size) {
            final long offset = entries.grab(index, size);
            entries.replace(offset, PFN << PFN_SHIFT | size);
            entries.release(offset);
        }

        @Override
        public void close() {
            device.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldMakeAnEmptyEntryToBeLocked(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long offset = fixture.entries.grab(5, 0);

            assertEquals(fixture.slot(5), offset);
            assertEquals(EMPTY | LOCKED, fixture.entry(5));
            assertEquals(5, fixture.entries.indexOf(offset));
            fixture.entries.release(offset);
            assertEquals(EMPTY, fixture.entry(5));
            assertEquals(0, fixture.entry(4));
            assertEquals(0, fixture.entry(6));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepAnEntryLockedWhileItIsReplaced(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            final long offset = fixture.entries.grab(5, 0);

            fixture.entries.replace(offset, PFN << PFN_SHIFT);

            assertEquals(PFN << PFN_SHIFT | LOCKED, fixture.entry(5));
            assertEquals(PFN, DaxEntries.pfn(fixture.entry(5)));
            fixture.entries.release(offset);
            assertEquals(PFN << PFN_SHIFT, fixture.entry(5));
        }
    }

    /** One entry speaks for 512 offsets, and is found from each of them. */
    @ParameterizedTest
    @EnumSource
    void shouldFindAPmdEntryFromEveryOffset(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.settle(512, PMD);

            for (final long index : new long[] {512, 513, 700, 1023}) {
                final long offset = fixture.entries.grab(index, 0);
                assertEquals(fixture.slot(512), offset);
                assertEquals(9, DaxEntries.order(fixture.entries.get(offset)));
                fixture.entries.release(offset);
                assertEquals(fixture.slot(512), fixture.entries.grabReal(index, index + 1));
                fixture.entries.release(fixture.slot(512));
            }
            assertEquals(fixture.slot(1024), fixture.entries.entryOffset(1024));
            assertEquals(fixture.slot(511), fixture.entries.entryOffset(511));
        }
    }

    /** An empty PMD entry was made by a fault that failed or fell back; a fault on one page makes it smaller. */
    @ParameterizedTest
    @EnumSource
    void shouldMakeAnEmptyPmdEntrySmallerForASinglePage(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.entries.release(fixture.entries.grab(512, PMD));
            assertEquals(EMPTY | PMD, fixture.entry(512));

            final long offset = fixture.entries.grab(700, 0);

            assertEquals(fixture.slot(700), offset);
            assertEquals(EMPTY | LOCKED, fixture.entry(700));
            assertEquals(0, fixture.entry(512), "the entry around it is gone");
            fixture.entries.release(offset);
            assertEquals(DaxEntries.CONFLICT, fixture.entries.grab(512, PMD), "and cannot come back");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldMakeAnEmptyPmdEntrySmallerAtItsOwnOffset(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.entries.release(fixture.entries.grab(512, PMD));

            final long offset = fixture.entries.grab(512, 0);

            assertEquals(fixture.slot(512), offset);
            assertEquals(EMPTY | LOCKED, fixture.entry(512));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldUseAnEmptyPmdEntryAgainForAPmd(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.entries.release(fixture.entries.grab(512, PMD));

            final long offset = fixture.entries.grab(512, PMD);

            assertEquals(fixture.slot(512), offset);
            assertEquals(EMPTY | PMD | LOCKED, fixture.entry(512));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindSinglePagesInTheWayOfAPmdEntry(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.settle(512, 0);
            assertEquals(DaxEntries.CONFLICT, fixture.entries.grab(512, PMD), "at its own offset");
            fixture.settle(2047, 0);
            assertEquals(DaxEntries.CONFLICT, fixture.entries.grab(1536, PMD), "at its last");
            fixture.entries.release(fixture.entries.grab(1100, 0));
            assertEquals(DaxEntries.CONFLICT, fixture.entries.grab(1024, PMD), "an empty one as well");

            assertEquals(PFN << PFN_SHIFT, fixture.entry(512), "nothing is left locked");
            assertEquals(0, fixture.entry(1536));
            assertEquals(fixture.slot(0), fixture.entries.grab(0, PMD));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldLockOnlyEntriesThatStandForPages(final WordsKind kind) {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.entries.release(fixture.entries.grab(1, 0));
            final long hole = fixture.entries.grab(2, 0);
            fixture.entries.replace(hole, ZERO_PAGE);
            fixture.entries.release(hole);
            fixture.settle(3, 0);

            assertEquals(0, fixture.entries.grabReal(0, 0 + 1), "nothing");
            assertEquals(0, fixture.entries.grabReal(1, 1 + 1), "empty");
            assertEquals(0, fixture.entries.grabReal(2, 2 + 1), "a hole");
            assertEquals(fixture.slot(3), fixture.entries.grabReal(3, 3 + 1));

            assertEquals(EMPTY, fixture.entry(1));
            assertEquals(ZERO_PAGE, fixture.entry(2));
            assertEquals(PFN << PFN_SHIFT | LOCKED, fixture.entry(3));
        }
    }

    /** Whoever waits for an entry sleeps through signals, and finds it as it is then: here, another's. */
    @ParameterizedTest
    @EnumSource
    void shouldWaitForALockedEntryAndLookAgain(final WordsKind kind) throws InterruptedException {
        try (Fixture fixture = new Fixture(kind)) {
            final long offset = fixture.entries.grab(512, PMD);
            final AtomicLong single = new AtomicLong(-1);
            final Thread waiter = Thread.ofPlatform().daemon().start(() -> single.set(fixture.entries.grab(700, 0)));
            final Thread watcher = Thread.ofPlatform().daemon().start(() -> fixture.entries.await(offset));
            try {
                Race.awaitParked(waiter);
                Race.awaitParked(watcher);
                waiter.interrupt();
                assertFalse(waiter.join(Duration.ofMillis(20)));
                assertTrue(watcher.isAlive());
                assertEquals(EMPTY | PMD | LOCKED, fixture.entry(512));
            } finally {
                fixture.entries.release(offset);
                Race.awaitEnd(waiter);
                Race.awaitEnd(watcher);
            }
            assertEquals(fixture.slot(700), single.get(), "the empty entry was made smaller");
            assertEquals(EMPTY | LOCKED, fixture.entry(700));
            assertEquals(0, fixture.waits.overdueWaiters());
        }
    }

    /** Grabs of one offset exclude each other, whichever size they ask for. */
    @ParameterizedTest
    @EnumSource
    void shouldLockOutOthers(final WordsKind kind) throws Exception {
        try (Fixture fixture = new Fixture(kind)) {
            fixture.settle(512, PMD);
            final long plain = fixture.device.geometry().dataOffset();
            final AtomicLong grabs = new AtomicLong();
            final long deadline = Race.deadline();
            final Race.Body[] threads = new Race.Body[3];
            for (int i = 0; i < threads.length; i++) {
                final int thread = i;
                threads[i] = () -> {
                    while (!Race.isOver(deadline)) {
                        final long offset = thread == 0 ? fixture.entries.grab(512, PMD)
                            : thread == 1 ? fixture.entries.grab(700, 0) : fixture.entries.grabReal(1023, 1023 + 1);
                        fixture.words.putLongOpaque(plain, fixture.words.getLongOpaque(plain) + 1);
                        grabs.incrementAndGet();
                        fixture.entries.release(offset);
                    }
                };
            }
            Race.run(threads);

            assertEquals(grabs.get(), fixture.words.getLongVolatile(plain));
            assertEquals(PFN << PFN_SHIFT | PMD, fixture.entry(512));
        }
    }
}
