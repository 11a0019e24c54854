/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The schedules of every subject, sequentially consistent ones. Every canary must be rejected: Lincheck has been seen
 * to accept any race on memory that it cannot see, and then its silence about the rest would mean nothing.
 */
@Tag("lincheck")
class ModelCheckingTest {
    private static final Class<?> ARRAY = PagemapArrayOperations.Actual.class;
    private static final Class<?> HASTY_ARRAY = PagemapArrayOperations.WithoutGracePeriod.class;
    private static final Class<?> WAITS = WaitTableOperations.Actual.class;
    private static final Class<?> LOOKS_FIRST = WaitTableOperations.LooksFirst.class;

    @ParameterizedTest
    @EnumSource
    void shouldBeLinearizable(final Subject subject) {
        Lincheck.modelCheck(subject.operations(), subject.model());
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "PAGEMAP_ARRAY")
    void shouldRejectRacyWords(final Subject subject) {
        Subject.assertRejection(Lincheck.rejectionByModelChecking(subject.operations(), subject.model()));
    }

    /** The kernel's window: between +1 and +1023 a pin is a plain reference. */
    @Test
    void shouldShowTheKernelsPinInTwoSteps() {
        final LincheckAssertionError error = assertThrows(LincheckAssertionError.class,
            () -> Lincheck.modelCheck(PageNumberOperations.Cas.class, PageNumberModel.class));

        assertTrue(error.getMessage().contains("= Invalid execution results ="), error.getMessage());
    }

    private static Actor step(final Class<?> operations, final String name, final Object... arguments) {
        return Lincheck.step(operations, name, arguments);
    }

    /** A put of thread 1, who holds the only reference, against others. */
    private static List<List<Actor>> lastPutAgainst(final Class<?> operations, final Actor... others) {
        return List.of(List.of(step(operations, "put", 1)), List.of(others));
    }

    private static void assertRejected(final Class<?> operations, final Class<?> model,
                                       final List<List<Actor>> threads) {
        Subject.assertRejection(assertThrows(LincheckAssertionError.class,
            () -> Lincheck.modelCheck(operations, model, List.of(), threads)).getMessage());
    }

    /** The last put, a walker that comes before it is flagged, and an owner who makes the page large if it is idle. */
    @ParameterizedTest
    @EnumSource(names = {"FUSED_SMALL", "BACKOFF_SMALL", "XADD_SMALL", "RCUREF_SMALL", "STICKY_SMALL"})
    void shouldHaveOneLastPutAmongPutWalkerAndOwner(final Subject subject) {
        final Class<?> operations = subject.operations();

        Lincheck.modelCheck(operations, subject.model(), List.of(), List.of(List.of(step(operations, "put", 1)),
            List.of(step(operations, "tryPin", 2, 1), step(operations, "unpin", 2)),
            List.of(step(operations, "fault", 3, 2))));
    }

    @Test
    void shouldRejectABackOffThatStores() {
        final Class<?> operations = BrokenPageCounters.StoringOperations.class;

        assertRejected(operations, PageCounterModel.class, List.of(List.of(step(operations, "tryGet", 1, 1)),
            List.of(step(operations, "tryGet", 2, 1), step(operations, "tryGet", 2, 1))));
    }

    @Test
    void shouldRejectADropThatIsTheLastWithoutItsExchange() {
        final Class<?> operations = BrokenPageCounters.HastyOperations.class;

        assertRejected(operations, PageCounterModel.class, lastPutAgainst(operations,
            step(operations, "tryPin", 2, 1), step(operations, "unpin", 2)));
    }

    @Test
    void shouldRejectADropThatReadsTheWordAgain() {
        final Class<?> operations = BrokenPageCounters.RereadingOperations.class;

        assertRejected(operations, PageCounterModel.class, lastPutAgainst(operations,
            step(operations, "tryGet", 2, 1), step(operations, "put", 2)));
    }

    @Test
    void shouldRejectAReaderWhoSaysZeroWithoutHelp() {
        final Class<?> operations = BrokenPageCounters.UnhelpfulOperations.class;

        assertRejected(operations, PageTakersModel.class, lastPutAgainst(operations,
            step(operations, "isIdle"), step(operations, "tryGet", 2, 1)));
    }

    @Test
    void shouldRejectAnAnnouncedZeroThatNobodyTakes() {
        final Class<?> operations = BrokenPageCounters.OwnerlessOperations.class;

        assertRejected(operations, PageTakersModel.class, lastPutAgainst(operations, step(operations, "fault", 2, 1)));
    }

    @Test
    void shouldNotReuseANodeUnderItsReader() {
        Lincheck.modelCheck(ARRAY, PagemapArrayModel.class, PagemapArrayOperations.firstRange(ARRAY),
            PagemapArrayOperations.readerAndReuse(ARRAY));
    }

    @Test
    void shouldRejectAnArrayThatDoesNotWaitForItsReaders() {
        final LincheckAssertionError error = assertThrows(LincheckAssertionError.class,
            () -> Lincheck.modelCheck(HASTY_ARRAY, PagemapArrayModel.class,
                PagemapArrayOperations.firstRange(HASTY_ARRAY), PagemapArrayOperations.readerAndReuse(HASTY_ARRAY)));

        assertTrue(error.getMessage().contains("= Invalid execution results ="), error.getMessage());
    }

    @ParameterizedTest
    @EnumSource(names = {"STRIPED", "STRIPED_ASYM", "HAZARD"})
    void shouldGatherThePinOfAWalk(final Subject subject) {
        final Class<?> operations = subject.operations();

        Lincheck.modelCheck(operations, subject.model(), List.of(), KeptPinsOperations.walkAndZap(operations));
    }

    @Test
    void shouldNotStayStripedOnceUnmapped() {
        final Class<?> operations = KeptPinsOperations.Striping.class;

        Lincheck.modelCheck(operations, KeptPinsModel.class, List.of(), KeptPinsOperations.crowdAndZap(operations));
    }

    @ParameterizedTest
    @ValueSource(classes = {KeptPinsOperations.StripedFull.class, KeptPinsOperations.StripedAsymFull.class})
    void shouldEmptyAFullSlotWhileThePageIsGathered(final Class<?> operations) {
        Lincheck.modelCheck(operations, KeptPinsModel.class, List.of(), KeptPinsOperations.walkAndZap(operations));
        Lincheck.modelCheck(operations, KeptPinsModel.class, KeptPinsOperations.pinThatIsHandedOver(operations),
            KeptPinsOperations.unpinElsewhereAndZap(operations));
    }

    @Test
    void shouldRejectAFullSlotThatIsEmptiedTwice() {
        final Class<?> operations = KeptPinsOperations.HeedlessFull.class;

        assertRejected(operations, KeptPinsModel.class, KeptPinsOperations.walkAndZap(operations));
    }

    @ParameterizedTest
    @ValueSource(classes = {KeptPinsOperations.WithoutSecondLook.class, KeptPinsOperations.WithoutGracePeriod.class})
    void shouldRejectStripesThatNobodyWaitsFor(final Class<?> operations) {
        assertRejected(operations, KeptPinsModel.class, KeptPinsOperations.walkAndZap(operations));
    }

    private static List<Actor> waiter(final Class<?> operations) {
        return List.of(Lincheck.step(operations, "awaitIdle"));
    }

    private static List<Actor> waker(final Class<?> operations) {
        return List.of(Lincheck.step(operations, "put"));
    }

    /** Scenarios S12 and S13: {@code wait_var_event} against {@code wake_up_var}. A random one could lack the put. */
    @Test
    void shouldWakeAWaiter() {
        Lincheck.modelCheck(WAITS, WaitTableModel.class, List.of(), List.of(waiter(WAITS), waker(WAITS)));
    }

    @Test
    void shouldWakeBothWaiters() {
        Lincheck.modelCheck(WAITS, WaitTableModel.class, List.of(),
            List.of(waiter(WAITS), waiter(WAITS), waker(WAITS)));
    }

    @Test
    void shouldRejectAWakerThatLooksBeforeItLowers() {
        final LincheckAssertionError error = assertThrows(LincheckAssertionError.class,
            () -> Lincheck.modelCheck(LOOKS_FIRST, WaitTableModel.class, List.of(),
                List.of(waiter(LOOKS_FIRST), waker(LOOKS_FIRST))));

        assertTrue(error.getMessage().contains("= The execution has hung ="), error.getMessage());
    }
}
