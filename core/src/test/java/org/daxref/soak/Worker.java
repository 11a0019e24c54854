/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.soak;

import java.util.function.Consumer;
import org.daxref.random.Actor;

/**
 * A thread that does random operations from the first device to the last. It knows of a removal only by what a process
 * gets: SIGBUS, EIO, a signal, pages that are not there. Then it gives up what it has and goes on.
 */
final class Worker {
    private final SoakWorld world;
    private final Actor actor;
    private final Thread thread;
    private volatile long rests;

    /**
     * Prepares a worker.
     *
     * @param actor  a process
     * @param failed told of what ends the thread before its time
     */
    Worker(final SoakWorld world, final Actor actor, final int index, final Consumer<Throwable> failed) {
        this.world = world;
        this.actor = actor;
        thread = Thread.ofPlatform().daemon().name("soak-worker-" + index).unstarted(() -> work(failed));
    }

    private void work(final Consumer<Throwable> failed) {
        try {
            world.machine().machine().adopt(actor.cpu());
            actor.begin();
            while (!world.isOver()) {
                if (!actor.act()) {
                    actor.letGo();
                }
                if (!actor.holdsPages()) {
                    rests++;
                }
            }
            actor.letGo();
            world.machine().machine().detach(actor.cpu());
        } catch (final Throwable e) {
            failed.accept(e);
        }
    }

    void start() {
        thread.start();
    }

    Thread thread() {
        return thread;
    }

    /** A signal. */
    void interrupt() {
        actor.interrupt();
    }

    /** How often it held no page between two operations. If the number changes, it has let everything go since. */
    long rests() {
        return rests;
    }
}
