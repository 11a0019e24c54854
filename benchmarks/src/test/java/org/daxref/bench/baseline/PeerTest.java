/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.daxref.Machine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.annotations.Param;

class PeerTest {
    private static final int CALLS = 100_000;
    private static final int ATTEMPTS = 3;

    static List<String> names() throws NoSuchFieldException {
        return List.of(PeerBenchmark.class.getField("peer").getAnnotation(Param.class).value());
    }

    /** Two of them throw at once. */
    static Stream<String> thoseThatCanBeDroppedTooOften() throws NoSuchFieldException {
        return names().stream().filter(name -> !name.equals("stamped-lock") && !name.equals("arena"));
    }

    private static void takeAndDrop(final Peer peer, final int times) {
        for (int i = 0; i < times; i++) {
            peer.takeAndDrop();
        }
    }

    /** Without a CPU that could keep the pin, the other three count like {@code xadd}. */
    @Test
    void shouldMeasureEveryCounterThatCountsInOneWord() throws NoSuchFieldException {
        final List<String> counters = new ArrayList<>(Machine.counterNames());
        counters.removeAll(List.of("striped", "striped-asym", "hazard"));

        assertTrue(names().containsAll(counters), names().toString());
    }

    @ParameterizedTest
    @MethodSource("names")
    void shouldNoticeAReferenceThatWasNotDropped(final String name) {
        try (Peer peer = Peer.create(name)) {
            takeAndDrop(peer, 10);
            peer.checkBooks();

            final long taken = peer.take();
            assertThrows(IllegalStateException.class, peer::checkBooks);

            peer.drop(taken);
            peer.checkBooks();
            takeAndDrop(peer, 10);
            peer.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("thoseThatCanBeDroppedTooOften")
    void shouldNoticeAReferenceThatWasDroppedTooOften(final String name) {
        try (Peer peer = Peer.create(name)) {
            peer.drop(peer.take());
            peer.drop(0);

            assertThrows(IllegalStateException.class, peer::checkBooks);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void shouldCountTheReferencesOfTwoThreads(final String name) throws InterruptedException {
        try (Peer peer = Peer.create(name)) {
            final Thread other = Thread.ofPlatform().start(() -> takeAndDrop(peer, CALLS));
            takeAndDrop(peer, CALLS);
            other.join();

            peer.checkBooks();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"atomic-cas", "netty"})
    void shouldRefuseWhatIsGone(final String name) {
        try (Peer peer = Peer.create(name)) {
            peer.drop(0);

            assertThrows(IllegalStateException.class, peer::take);
        }
    }

    @Test
    void shouldRefuseAClosedArena() {
        final Peer peer = Peer.create("arena");
        peer.close();

        assertThrows(IllegalStateException.class, peer::take);
    }

    @ParameterizedTest
    @MethodSource("names")
    void shouldAllocateNothing(final String name) {
        try (Peer peer = Peer.create(name)) {
            final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long allocated = Long.MAX_VALUE;
            for (int attempt = 0; attempt < ATTEMPTS && allocated != 0; attempt++) {
                takeAndDrop(peer, CALLS);
                final long before = threads.getCurrentThreadAllocatedBytes();
                takeAndDrop(peer, CALLS);
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertEquals(0, allocated, "bytes for " + CALLS + " calls");
        }
    }

    @Test
    void shouldNameThePeersThereAre() {
        assertEquals("unknown peer: peer=nope, known=[atomic-add, atomic-cas, long-adder, stamped-lock, netty, arena],"
            + " counters=" + Machine.counterNames(),
            assertThrows(IllegalArgumentException.class, () -> Peer.create("nope")).getMessage());
    }
}
