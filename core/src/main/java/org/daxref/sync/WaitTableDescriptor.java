/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

/**
 * Layout of the wait table: 256 queue heads, 128 bytes apart.
 *
 * <pre>
 *     0   number of enqueued waiters (int)
 *     4   lock of the queue (int): 0 free, 1 taken
 *   128   next queue
 * </pre>
 */
public final class WaitTableDescriptor {
    /** Number of queues, as in kernel/sched/wait_bit.c. */
    public static final int QUEUES = 256;

    /** Distance of two queues in bytes. */
    public static final int QUEUE_BYTES = 128;

    /** Offset of a queue's lock. */
    public static final int QUEUE_LOCK_OFFSET = 4;

    /** Size of the table in bytes. */
    public static final long TABLE_BYTES = (long) QUEUES * QUEUE_BYTES;

    private WaitTableDescriptor() {
    }
}
