/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.random;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.daxref.Invariants.Invariant;

/** What a random test did and saw. */
public final class Tally {
    private final Map<Operation, AtomicLong> operations = new EnumMap<>(Operation.class);
    private final Map<Invariant, AtomicLong> violations = new EnumMap<>(Invariant.class);
    private final AtomicLong taken = new AtomicLong();
    private final AtomicLong signals = new AtomicLong();

    public Tally() {
        for (final Operation operation : Operation.values()) {
            operations.put(operation, new AtomicLong());
        }
        for (final Invariant invariant : Invariant.values()) {
            violations.put(invariant, new AtomicLong());
        }
    }

    void did(final Operation operation) {
        operations.get(operation).incrementAndGet();
    }

    public void violated(final Invariant invariant) {
        violations.get(invariant).incrementAndGet();
    }

    void took(final int pages) {
        taken.addAndGet(pages);
    }

    void signalled() {
        signals.incrementAndGet();
    }

    public long taken() {
        return taken.get();
    }

    long count(final Operation operation) {
        return operations.get(operation).get();
    }

    long operations() {
        return operations.values().stream().mapToLong(AtomicLong::get).sum();
    }

    @Override
    public String toString() {
        return "operations=" + operations() + " " + operations + ", taken=" + taken + ", busErrorsOrSignals="
            + signals + ", unclaimed=" + violations;
    }
}
