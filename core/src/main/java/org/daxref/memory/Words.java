/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

/**
 * The access seam: every shared word of the device is read and written through this class, by offset. The method name
 * carries the memory order in the words of {@link java.lang.invoke.VarHandle}.
 *
 * <p>Offsets begin at {@link #origin()}, which an implementation chooses; {@link org.daxref.device.DeviceGeometry#from}
 * says where everything lies there. That of {@link AgronaWords} is the address of the mapping: an offset is an address,
 * and following it takes one instruction. What is stored in the device as a link is counted from the start of the file,
 * so that the file means the same wherever it is mapped.
 *
 * <p>The legal pairs are: a {@code …Release} store is read by an {@code …Acquire} load of the same word; a word that
 * takes part in a store-then-load protocol between two threads (clear the entry, look at the count) is written by a
 * read-modify-write and read by {@code …Volatile}; a word with a single writer whose readers need no order is
 * {@code …Opaque} on both sides. There is no plain access: the file is shared memory throughout.
 *
 * <p>An abstract class and not an interface: with one implementation loaded the compiler proves the receiver and the
 * seam costs nothing ({@code SeamBenchmark} measures it).
 *
 * <p>Offsets of {@code int} words are multiples of 4, of {@code long} words multiples of 8. {@link SegmentWords} checks
 * this and the bounds at every access; {@link AgronaWords} does not: a wrong offset reads or writes whatever lies
 * there. So what a user of the library passes to {@link org.daxref.Machine} or hands on to its files and walks (pages,
 * page frame numbers, handles) is checked there, and what takes the offset of a descriptor says that it is unchecked.
 *
 * <p>Thread-safe. Loads, stores, additions and exchanges are wait-free as far as the hardware's are: one instruction on
 * x86-64, and on AArch64 one with the atomics of ARMv8.1 and a loop without them. {@code getAndBitwiseOr} and {@code
 * getAndBitwiseAnd} are lock-free: a loop around a compare-and-set where their result is used. A compare-and-exchange
 * or compare-and-set that fails is a volatile read and no write.
 */
public abstract class Words {

    /** For implementations. */
    protected Words() {
    }

    /**
     * Size of the memory behind this seam.
     *
     * @return the number of bytes that can be addressed, from {@link #origin()} on
     */
    public abstract long capacityBytes();

    /**
     * Where the memory begins.
     *
     * @return the offset of its first byte: what lies at byte <i>n</i> of the device has the offset origin + <i>n</i>
     */
    public abstract long origin();

    /**
     * Reads with opaque order.
     *
     * @param offset byte offset, a multiple of 4
     * @return the value
     */
    public abstract int getIntOpaque(long offset);

    /**
     * Reads with acquire order.
     *
     * @param offset byte offset, a multiple of 4
     * @return the value
     */
    public abstract int getIntAcquire(long offset);

    /**
     * Reads with volatile order.
     *
     * @param offset byte offset, a multiple of 4
     * @return the value
     */
    public abstract int getIntVolatile(long offset);

    /**
     * Writes with opaque order.
     *
     * @param offset byte offset, a multiple of 4
     * @param value  the new value
     */
    public abstract void putIntOpaque(long offset, int value);

    /**
     * Writes with release order.
     *
     * @param offset byte offset, a multiple of 4
     * @param value  the new value
     */
    public abstract void putIntRelease(long offset, int value);

    /**
     * Adds with volatile order.
     *
     * @param offset byte offset, a multiple of 4
     * @param delta  what to add; wraps
     * @return the value before
     */
    public abstract int getAndAddInt(long offset, int delta);

    /**
     * Sets bits with volatile order.
     *
     * @param offset byte offset, a multiple of 4
     * @param mask   the bits to set
     * @return the value before
     */
    public abstract int getAndBitwiseOrInt(long offset, int mask);

    /**
     * Clears bits with volatile order.
     *
     * @param offset byte offset, a multiple of 4
     * @param mask   the bits to keep
     * @return the value before
     */
    public abstract int getAndBitwiseAndInt(long offset, int mask);

    /**
     * Compares and exchanges with volatile order.
     *
     * @param offset   byte offset, a multiple of 4
     * @param expected the value that must be there
     * @param value    the new value
     * @return the value found, equal to {@code expected} if and only if the exchange happened
     */
    public abstract int compareAndExchangeInt(long offset, int expected, int value);

    /**
     * Reads with opaque order.
     *
     * @param offset byte offset, a multiple of 8
     * @return the value
     */
    public abstract long getLongOpaque(long offset);

    /**
     * Reads with acquire order.
     *
     * @param offset byte offset, a multiple of 8
     * @return the value
     */
    public abstract long getLongAcquire(long offset);

    /**
     * Reads with volatile order.
     *
     * @param offset byte offset, a multiple of 8
     * @return the value
     */
    public abstract long getLongVolatile(long offset);

    /**
     * Writes with opaque order.
     *
     * @param offset byte offset, a multiple of 8
     * @param value  the new value
     */
    public abstract void putLongOpaque(long offset, long value);

    /**
     * Writes with release order.
     *
     * @param offset byte offset, a multiple of 8
     * @param value  the new value
     */
    public abstract void putLongRelease(long offset, long value);

    /**
     * Adds with volatile order.
     *
     * @param offset byte offset, a multiple of 8
     * @param delta  what to add; wraps
     * @return the value before
     */
    public abstract long getAndAddLong(long offset, long delta);

    /**
     * Exchanges with volatile order.
     *
     * @param offset byte offset, a multiple of 8
     * @param value  the new value
     * @return the value before
     */
    public abstract long getAndSetLong(long offset, long value);

    /**
     * Compares and sets with volatile order.
     *
     * @param offset   byte offset, a multiple of 8
     * @param expected the value that must be there
     * @param value    the new value
     * @return whether the word held {@code expected} and now holds {@code value}
     */
    public abstract boolean compareAndSetLong(long offset, long expected, long value);
}
