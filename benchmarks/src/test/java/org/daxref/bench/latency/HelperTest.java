/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HelperTest {
    private static final long ADDRESS = 64;

    private SmallDevice device;
    private Helper helper;

    @BeforeEach
    void start() throws IOException {
        device = new SmallDevice("fs-held");
        helper = new Helper("test", 1, device.machine());
    }

    @AfterEach
    void end() {
        device.close();
    }

    @Test
    void shouldDoTaskAfterTaskOnOneCpu() {
        final AtomicReference<CpuSlot> first = new AtomicReference<>();
        final AtomicReference<CpuSlot> second = new AtomicReference<>();
        final AtomicReference<Thread> thread = new AtomicReference<>();

        helper.call(first::set);
        helper.call(cpu -> {
            second.set(cpu);
            thread.set(Thread.currentThread());
        });
        helper.close();

        assertEquals(first.get(), second.get());
        assertNotEquals(Thread.currentThread(), thread.get());
        assertFalse(thread.get().isAlive());
        device.machine().close(); // refuses while a CPU is attached
    }

    @Test
    void shouldNotTakeTwoTasksAtOnce() {
        final AtomicBoolean ended = new AtomicBoolean();
        helper.begin(cpu -> Patience.await("the end", ended::get));

        assertEquals("is still at work: thread=daxref-test",
            assertThrows(IllegalStateException.class, () -> helper.begin(cpu -> { })).getMessage());

        ended.set(true);
        helper.await();
        helper.close();
    }

    @Test
    void shouldFailWithWhatItsTaskThrew() {
        final IllegalStateException thrown = assertThrows(IllegalStateException.class, () -> helper.call(cpu -> {
            throw new IllegalStateException("torn");
        }));

        assertEquals("torn", thrown.getCause().getMessage());
        assertThrows(IllegalStateException.class, () -> helper.begin(cpu -> { }));
        assertThrows(IllegalStateException.class, helper::close);
    }

    @Test
    void shouldSeeThatTaskWaits() {
        final AtomicInteger count = new AtomicInteger(1);
        helper.begin(cpu -> device.machine().waits().waitVarUninterruptible(ADDRESS, () -> count.get() == 0));

        helper.awaitAsleep(device.machine().waits());
        assertFalse(helper.isDone());

        count.getAndDecrement();
        device.machine().waits().wakeUpVar(ADDRESS);
        helper.await();
        helper.close();
    }

    @Test
    void shouldSayThatTaskDidNotWait() {
        helper.begin(cpu -> { });

        assertEquals("did not have to wait: thread=daxref-test", assertThrows(IllegalStateException.class,
            () -> helper.awaitAsleep(device.machine().waits())).getMessage());
        helper.close();
    }
}
