/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * CPUs, read sections with grace periods, and wait queues: what the kernel has in this_cpu operations, RCU and
 * kernel/sched/wait_bit.c.
 */
package org.daxref.sync;
