/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.daxref.dax.DaxFile;
import org.daxref.mm.Errno;
import org.daxref.mm.Vma;
import org.daxref.page.PageTableEntry;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Section 4: who may pin a page of a file on DAX. Every kernel and both file systems say the same. */
@Timeout(60)
class WhoMayPinTest {
    private static final long PAGE = 88;
    private static final List<Row> ROWS = List.of(
        // what the page is, whether the pin is to write, result
        new Row(OracleRow.LONGTERM_NOT_FAULTED, Page.NOT_FAULTED, true, -Errno.EOPNOTSUPP),
        new Row(OracleRow.LONGTERM_FAULTED, Page.FAULTED, true, -Errno.EOPNOTSUPP),
        new Row(OracleRow.LONGTERM_READ_ONLY, Page.NOT_FAULTED, false, -Errno.EOPNOTSUPP),
        new Row(OracleRow.LONGTERM_READ_ONLY, Page.FAULTED, false, -Errno.EOPNOTSUPP),
        new Row(OracleRow.LONGTERM_PMD, Page.UNDER_PMD, true, -Errno.EOPNOTSUPP),
        new Row(OracleRow.LONGTERM_PMD, Page.UNDER_PMD, false, -Errno.EOPNOTSUPP),
        new Row(OracleRow.SHORT_PIN, Page.NOT_FAULTED, true, 1),
        new Row(OracleRow.SHORT_PIN, Page.FAULTED, true, 1),
        new Row(OracleRow.SHORT_PIN, Page.FAULTED, false, 1),
        new Row(OracleRow.SHORT_PIN, Page.UNDER_PMD, true, 1));

    /** One line of the table. */
    private record Row(OracleRow row, Page page, boolean write, int result) {

        @Override
        public String toString() {
            return row + "; " + page + "; write=" + write;
        }
    }

    /** What is done before the pin. */
    private enum Page { NOT_FAULTED, FAULTED, UNDER_PMD }

    private static Vma map(final Host host, final Page page) {
        final DaxFile file = host.fileSystem().create(PageTableEntry.ENTRIES);
        final Vma vma = file.mmap(host.table(0), 0, PageTableEntry.ENTRIES, 0);
        if (page == Page.FAULTED) {
            host.touch(file, vma, PAGE, true);
        } else if (page == Page.UNDER_PMD) {
            assertTrue(file.faultPmd(host.cpu(), vma, 0, true));
        }
        return vma;
    }

    static Stream<OracleRow> table() {
        return ROWS.stream().map(Row::row);
    }

    private static Stream<Arguments> rows() {
        return Kernel.all().stream().flatMap(kernel -> ROWS.stream().map(row -> Arguments.of(kernel, row)));
    }

    /** S46: a refused pin leaves no count behind, though the new era takes one on its way to the refusal. */
    @ParameterizedTest
    @MethodSource("rows")
    @Observed({})
    void shouldAllowOrRefuseThePin(final Kernel kernel, final Row row) {
        try (Host host = new Host(kernel)) {
            map(host, row.page);
            final long[] pfns = new long[1];
            final boolean shortPin = row.row == OracleRow.SHORT_PIN;

            assertEquals(row.result, shortPin ? host.gup().pin(host.cpu(), host.table(0), PAGE, 1, row.write, pfns)
                : host.gup().pinLongterm(host.cpu(), host.table(0), PAGE, 1, row.write, pfns));

            if (shortPin) {
                host.gup().unpin(host.cpu(), pfns, 1);
            }
            host.machine().checkBooks(host.device().blocks());
        }
    }

    /** What vmsplice takes. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#all")
    @Observed(OracleRow.SHORT_PIN)
    void shouldAllowVmsplice(final Kernel kernel) {
        try (Host host = new Host(kernel)) {
            map(host, Page.FAULTED);

            host.get(host.table(0), PAGE).release();

            host.machine().checkBooks(host.device().blocks());
        }
    }

    /** The page tables of another process are walked under locks, and the page is faulted in there. */
    @ParameterizedTest
    @MethodSource("org.daxref.oracle.Kernel#all")
    @Observed(OracleRow.PROCESS_VM_READV)
    void shouldReadAPageThatTheChildNeverTouched(final Kernel kernel) {
        try (Host host = new Host(kernel)) {
            final DaxFile file = (DaxFile) map(host, Page.FAULTED).ops();
            file.mmap(host.table(1), 0, PageTableEntry.ENTRIES, 0);
            file.write(host.cpu(), PAGE, 'D');
            final long[] pfns = new long[1];

            for (int process = 0; process < 2; process++) {
                assertEquals(1, host.gup().getSlow(host.cpu(), host.table(process), PAGE, 1, false, pfns));
                assertEquals('D', host.data(pfns[0]));
                host.gup().put(host.cpu(), pfns, 1);
            }
            assertTrue(PageTableEntry.permits(host.table(1).entry(PAGE), false), "the child's page is mapped now");
        }
    }
}
