/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

import java.util.function.ObjLongConsumer;

/** A test double that lets a test act right after any access: another thread's step at the worst moment. */
public final class ActingWords extends ForwardingWords {
    private volatile ObjLongConsumer<Op> action = (op, offset) -> { };
    private final ThreadLocal<Boolean> acting = ThreadLocal.withInitial(() -> false);

    public ActingWords(final Words target) {
        super(target);
    }

    /** The accesses that the action makes in the same thread, through whatever object, do not trigger it again. */
    public void afterEach(final ObjLongConsumer<Op> newAction) {
        action = newAction;
    }

    /** Lets somebody take a step right after the next such access, and none after that. */
    public void afterNext(final Op awaited, final long where, final Runnable step) {
        afterEach((op, offset) -> {
            if (op == awaited && offset == where) {
                reset();
                step.run();
            }
        });
    }

    public void reset() {
        action = (op, offset) -> { };
    }

    @Override
    protected void after(final Op op, final long offset) {
        if (!acting.get()) {
            acting.set(true);
            try {
                action.accept(op, offset);
            } finally {
                acting.set(false);
            }
        }
    }
}
