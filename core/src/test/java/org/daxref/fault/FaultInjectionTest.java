/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.fault;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.daxref.Setup;
import org.daxref.memory.DeviceFailedException;
import org.daxref.memory.FailingWords;
import org.daxref.memory.WordsKind;
import org.daxref.sync.FailingEpochs;
import org.junit.jupiter.api.Test;

/**
 * Each access of each public operation throws once, as memory does whose file was cut short: in place of the access, or
 * after it. Afterwards nothing is held that was not held before: no CPU is inside a section, shares a lock or keeps a
 * dev_pagemap, no lock is taken, the books balance, a grace period ends. What failed can be done again or is refused,
 * and a whole life of a page and of the device follows. An operation that ends in spite of the failure has done all
 * that it should.
 *
 * <p>So much is asked for if not an access but a barrier fails, as {@code membarrier(2)} may ({@link FailingEpochs}).
 *
 * <p>An error that comes after a change (compiled code reports late) leaves nobody a way to know that there was one. So
 * much is required then: no CPU is inside a section or shares a lock, and a grace period ends.
 *
 * <p>The short form takes accesses that a seed chooses ({@code -Ddaxref.test.seed=}); {@code -Pexhaustive} takes all of
 * them. With {@code -Ddaxref.test.everySetup=true}, {@code -Ddaxref.test.setup=}, {@code -Ddaxref.test.deed=} and
 * {@code -Ddaxref.test.access=} say where to look, in the words of a failure.
 */
class FaultInjectionTest {
    private static final long SHORT_MS = 15_000;
    private static final long CONTROL_NS = TimeUnit.SECONDS.toNanos(1);
    private static final int CROWD = 1;
    private static final int INSTEAD = 0;
    private static final int BARRIER = 1;
    private static final int AFTER = 2;
    private static final int BARRIERS = 4;
    private static final int NEVER = Integer.MAX_VALUE;

    /** Memory that fails. */
    private static class Failing implements Campaign.Tier {
        private FailingWords words;
        private FailingEpochs epochs;

        @Override
        public Ground open(final Setup setup, final boolean large) {
            return new Ground(setup, large, CROWD, target -> {
                words = new FailingWords(target);
                return words;
            }, counters(setup), (target, cpus) -> {
                epochs = new FailingEpochs(target, cpus);
                return epochs;
            });
        }

        Setup.CounterFactory counters(final Setup setup) {
            return setup.crowded(CROWD);
        }

        @Override
        public int ways(final Deed deed) {
            return deed.waitsForNobody() ? AFTER + 1 : BARRIER + 1;
        }

        @Override
        public long most(final int way, final long accesses) {
            return way == BARRIER ? BARRIERS : accesses;
        }

        @Override
        public StackTraceElement[] where() {
            return words.where();
        }

        @Override
        public boolean concerns(final Setup setup, final Deed deed) {
            return true;
        }

        @Override
        public long accesses(final Ground ground, final Deed deed) throws Exception {
            attempt(ground, deed, NEVER, INSTEAD);
            return words.accesses(NEVER);
        }

        @Override
        public boolean attempt(final Ground ground, final Deed deed, final long access, final int way)
            throws Exception {
            ground.prepare(deed.state());
            deed.first().run(ground, ground.cpu());
            ground.remember();
            if (deed.kind() == Deed.Kind.WAIT) {
                ground.dropWhenAsleep(Thread.currentThread());
            }
            final Throwable thrown = perform(ground, deed, access, way);
            final boolean failed = way == BARRIER ? epochs.reset() : words.hasFailed();
            words.reset();
            if (thrown != null && !failed) {
                throw new AssertionError("failed although the memory did not", thrown);
            }
            if (way == AFTER && words.hasFailedAfterAChange()) {
                ground.requireOutside();
                ground.machine().machine().epochs().synchronize();
                ground.spend();
                return true;
            }
            ground.requireNothingTaken();
            if (thrown != null) {
                requireSentence(deed, thrown);
                if (way != BARRIER && isBeyondRemoval(words.where())) {
                    ground.spend();
                    return true;
                }
                goOn(ground, deed);
            }
            ground.cleanUp();
            return failed;
        }

        private Throwable perform(final Ground ground, final Deed deed, final long access, final int way) {
            switch (way) {
                case INSTEAD -> words.failInsteadOf(access);
                case BARRIER -> epochs.failAt(access);
                default -> words.failAfter(access);
            }
            try {
                deed.act().run(ground, ground.cpu());
                return null;
            } catch (final Throwable e) {
                return e;
            }
        }

        private static void requireSentence(final Deed deed, final Throwable thrown) {
            if (thrown instanceof IllegalStateException && FailingEpochs.MESSAGE.equals(thrown.getMessage())) {
                return;
            }
            if (!(thrown instanceof InternalError && deed.kind() == Deed.Kind.PART
                || thrown instanceof DeviceFailedException && thrown.getCause() instanceof InternalError)) {
                throw new AssertionError("not said that the memory failed", thrown);
            }
        }

        /** What the pages hold of their device was not dropped: that it stays for ever is said where it is done. */
        private static boolean isBeyondRemoval(final StackTraceElement[] where) {
            return Arrays.stream(where).anyMatch(frame -> "dropPageReferences".equals(frame.getMethodName()));
        }

        private static void goOn(final Ground ground, final Deed deed) throws Exception {
            if (deed.kind() == Deed.Kind.DROP) {
                ground.settle();
                return;
            }
            ground.failedToRemove();
            try {
                deed.act().run(ground, ground.cpu());
            } catch (final IllegalStateException e) {
                if (deed.kind() == Deed.Kind.TAKE) {
                    throw e;
                }
            }
        }
    }

    @Test
    void shouldHoldNothingAfterAnyAccessHasFailed() throws InterruptedException {
        final Campaign campaign = new Campaign(new Failing());
        if (Campaign.isExhaustive()) {
            for (final Setup setup : Campaign.setups()) {
                campaign.runAll(setup);
            }
        } else {
            campaign.runSome(Campaign.setups(), SHORT_MS);
        }
        campaign.end();
    }

    /** The control. */
    @Test
    void shouldFindALockThatNoFailureFrees() throws InterruptedException {
        final Campaign campaign = new Campaign(new Failing() {
            @Override
            Setup.CounterFactory counters(final Setup setup) {
                return (words, cpus, epochs) -> LockingPageCounter.create(words);
            }
        }, "pinFast of a page, PLAIN", CONTROL_NS);
        campaign.runUntilFailure(new Setup("fs-held", "cas", WordsKind.SEGMENT));

        final String found = campaign.failures().getFirst();
        assertTrue(found.contains("hangs: LockingPageCounter.java"), found);
    }
}
