/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;

import org.daxref.memory.Words;
import org.daxref.page.FlaggedPageCounter;
import org.daxref.page.PlainPageCounter;

/** Counters with one rule less each, which must be rejected. */
public final class BrokenPageCounters {
    private static final int IDLE = 0b110 << 29;
    private static final int HELP = 1 << 28;
    private static final int NOISE = 1 << 29;

    private BrokenPageCounters() {
    }

    /** {@code cas-backoff} that stores after its pause. */
    private static final class Storing extends PlainPageCounter {
        Storing(final Words words) {
            super(words);
        }

        @Override
        public boolean tryPin(final long head, final int pins) {
            return tryPinAtOnce(head, pins);
        }

        @Override
        protected boolean addAfterRace(final long head, final int delta, final int found) {
            words.putIntRelease(head + REFCOUNT_OFFSET, found + delta);
            return true;
        }
    }

    /** {@code xadd} whose drop to 0 is the last whatever its exchange found. */
    private static final class Hasty extends FlaggedPageCounter {
        Hasty(final Words words) {
            super(words, 0, IDLE, NOISE);
        }

        @Override
        protected int drop(final long head) {
            exchange(head, 0, IDLE);
            return 0;
        }
    }

    /** {@code rcuref} that reads the word again after its exchange: the slow path of rcuref_put() until 2025. */
    private static final class Rereading extends FlaggedPageCounter {
        Rereading(final Words words) {
            super(words, -1, 0xE0000001, HELP);
        }

        @Override
        protected int drop(final long head) {
            exchange(head, 0, 0xE0000001);
            return count(head);
        }
    }

    /** {@code sticky} whose reader says 0 and leaves the page as it is. */
    private static final class Unhelpful extends FlaggedPageCounter {
        Unhelpful(final Words words) {
            super(words, 0, IDLE, NOISE);
        }

        @Override
        protected int countWhileDropped(final long head) {
            return 0;
        }
    }

    /** {@code sticky} whose owner does not take the zero that a reader announced, nor does the put. */
    private static final class Ownerless extends FlaggedPageCounter {
        Ownerless(final Words words) {
            super(words, 0, IDLE, NOISE);
        }

        @Override
        protected int countWhileDropped(final long head) {
            return decode(exchange(head, 0, IDLE | HELP));
        }
    }

    /** See {@link Storing}. */
    public static final class StoringOperations extends PageCounterOperations {
        public StoringOperations() {
            super(Storing::new, 0);
        }
    }

    /** See {@link Hasty}. */
    public static final class HastyOperations extends PageCounterOperations {
        public HastyOperations() {
            super(Hasty::new, 0);
        }
    }

    /** See {@link Rereading}. */
    public static final class RereadingOperations extends PageCounterOperations {
        public RereadingOperations() {
            super(Rereading::new, 0);
        }
    }

    /** See {@link Unhelpful}. */
    public static final class UnhelpfulOperations extends PageCounterOperations {
        public UnhelpfulOperations() {
            super(Unhelpful::new, 0, false);
        }
    }

    /** See {@link Ownerless}. */
    public static final class OwnerlessOperations extends PageCounterOperations {
        public OwnerlessOperations() {
            super(Ownerless::new, 0, false);
        }
    }
}
