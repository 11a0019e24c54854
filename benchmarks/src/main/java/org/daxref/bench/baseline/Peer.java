/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import java.util.List;
import org.daxref.Machine;

/**
 * A reference count of somebody, which is taken and dropped. Whoever made the object holds it meanwhile, so that no
 * drop is the last.
 *
 * <p><b>Layout.</b> A count lies between two spacers. Without them it could share its cache line with what every call
 * reads, such as the reference to the count itself, and that would be fought for as well.
 *
 * <p>Thread contract: {@link #take} and {@link #drop} from all threads, everything else while no thread is inside.
 */
abstract class Peer implements AutoCloseable {
    private static final int SPACER_BYTES = 256;
    private static final List<String> OTHERS = List.of("atomic-add", "atomic-cas", "long-adder", "stamped-lock",
        "netty", "arena");

    /**
     * Makes one. Each by a method that returns the abstract type, so that a JVM loads one class only and the compiler
     * knows where a call goes.
     *
     * @param name one of the parameter's values
     * @return a reference count by itself
     * @throws IllegalArgumentException if there is none of that name
     */
    static Peer create(final String name) {
        return switch (name) {
            case "atomic-add" -> AtomicAddPeer.create();
            case "atomic-cas" -> AtomicCasPeer.create();
            case "long-adder" -> LongAdderPeer.create();
            case "stamped-lock" -> StampedLockPeer.create();
            case "netty" -> NettyPeer.create();
            case "arena" -> ArenaPeer.create();
            default -> ofThisProject(name);
        };
    }

    private static Peer ofThisProject(final String name) {
        if (!Machine.counterNames().contains(name)) {
            throw new IllegalArgumentException("unknown peer: peer=" + name + ", known=" + OTHERS + ", counters="
                + Machine.counterNames());
        }
        return CounterPeer.create(name);
    }

    static byte[] spacer() {
        return new byte[SPACER_BYTES];
    }

    /**
     * Takes a reference.
     *
     * @return what to drop it with
     * @throws IllegalStateException if it is refused: a refusal is never sold as throughput
     */
    abstract long take();

    /**
     * Drops a reference.
     *
     * @param taken what {@link #take} returned
     */
    abstract void drop(long taken);

    /**
     * Checks that every reference taken was dropped.
     *
     * @throws IllegalStateException if the books do not balance
     */
    abstract void checkBooks();

    /**
     * Takes a reference and drops it.
     *
     * @return what it was dropped with
     * @throws IllegalStateException if it is refused
     */
    final long takeAndDrop() {
        final long taken = take();
        drop(taken);
        return taken;
    }

    static void requireCount(final long expected, final long count) {
        if (count != expected) {
            throw new IllegalStateException("the books do not balance: count=" + count + ", expected=" + expected);
        }
    }

    static IllegalStateException refused(final long count) {
        return new IllegalStateException("a reference was refused: count=" + count);
    }

    /** Gives back what is not on the heap. */
    @Override
    public void close() {
        // most are on the heap only
    }
}
