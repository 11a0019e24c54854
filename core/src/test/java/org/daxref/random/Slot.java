/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.random;

import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;

/**
 * A name of a file. Who opens or maps the file uses the slot, so that only a file that nobody has open is evicted; pins
 * do not count, as in a kernel. Nobody sleeps here: a user who comes at the wrong time does something else.
 */
public final class Slot {
    private static final int EVICTED = -1;
    private static final int GONE = -2;

    private final AtomicInteger users = new AtomicInteger();
    private final FileSystem fileSystem;
    private final boolean shareable;
    private volatile long pages;
    private volatile DaxFile file;

    /** A name with a new file of so many pages, which may or may not share its blocks. */
    public Slot(final FileSystem fileSystem, final long pages, final boolean shareable) {
        this.fileSystem = fileSystem;
        this.pages = pages;
        this.shareable = shareable;
        this.file = fileSystem.create(pages);
    }

    private Slot() {
        fileSystem = null;
        pages = 0;
        shareable = false;
        users.set(GONE);
    }

    /** A name that no file has. */
    public static Slot gone() {
        return new Slot();
    }

    FileSystem fileSystem() {
        return fileSystem;
    }

    public long pages() {
        return pages;
    }

    /** Whether a file of another name may share its blocks with the next one of this name. */
    boolean mayShareBlocksOf(final Slot other) {
        return shareable && fileSystem == other.fileSystem;
    }

    DaxFile file() {
        return file;
    }

    /** Opens the file, unless it is on its way out. */
    boolean open() {
        int seen = users.get();
        while (seen >= 0 && !users.compareAndSet(seen, seen + 1)) {
            seen = users.get();
        }
        return seen >= 0;
    }

    void close() {
        users.decrementAndGet();
    }

    /** The last close: nobody opens the file from now on. */
    boolean beginEviction() {
        return users.compareAndSet(0, EVICTED);
    }

    /** Another file has the name now, or, without one, the name is gone. */
    void endEviction(final DaxFile next) {
        file = next;
        pages = next == null ? pages : next.pages();
        users.set(next == null ? GONE : 0);
    }

    /** Whether nobody has the file open, mapped or on its way out. */
    public boolean isUnused() {
        return users.get() == 0 || users.get() == GONE;
    }

    /** Takes the name away if nobody has its file open, mapped or on its way out; it may be gone already. */
    public boolean takeAway() {
        return users.compareAndSet(0, GONE) || users.get() == GONE;
    }
}
