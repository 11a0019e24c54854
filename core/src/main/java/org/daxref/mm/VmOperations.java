/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import org.daxref.sync.CpuSlot;

/** What backs a mapped area and fills in its missing entries: {@code vm_operations_struct}. */
public interface VmOperations {
    /**
     * Maps the page that an access missed, or makes it writable.
     *
     * @param cpu   the calling thread's CPU, outside any read section
     * @param vma   the area
     * @param page  number of the page in its address space
     * @param write whether the access writes
     * @return whether the page is mapped now; false if the address space has something else there
     * @throws BusErrorException if there is nothing to map
     */
    boolean fault(CpuSlot cpu, Vma vma, long page, boolean write);

    /**
     * Whether the area lies in a file on DAX, so that FOLL_LONGTERM is refused: {@code vma_is_fsdax}.
     *
     * @return whether it does
     */
    boolean isFsDax();
}
