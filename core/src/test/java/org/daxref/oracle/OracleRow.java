/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.oracle;

/**
 * What booted kernels were seen to do: every row of the tables of the observations that this package holds the model
 * to, in their order. A row that says several things is here as often as it takes to say one each.
 */
enum OracleRow {
    NEVER_TOUCHED(1, "blocks allocated, never touched"),
    WRITTEN_ONLY(1, "blocks allocated, only write(2)"),
    MMAP_WITHOUT_FAULT(1, "mmap, no fault"),
    READ_FAULT(1, "read fault"),
    WRITE_FAULT(1, "write fault"),
    SECOND_MAPPING(1, "second mapping faulted"),
    FORK_ALONE(1, "fork alone does not copy the entry"),
    CHILD_TOUCHES(1, "child of fork touches it"),
    VMSPLICE(1, "one mapping left, + vmsplice"),
    GET(1, "+ get_user_pages_fast"),
    PIN(1, "+ pin_user_pages_fast (1 page)"),
    PIN_OF_ALL_PAGES(1, "+ pin of all pages in one call"),
    MUNMAP_UNDER_PINS(1, "munmap with those three pins held"),
    RELEASED(1, "all pins released, not mapped"),
    TRY_GET_OF_IDLE(1, "folio_try_get on the idle page"),
    TRUNCATE_WHILE_MAPPED(1, "ftruncate(0) while mapped"),
    PRIVATE_FAULTS(1, "MAP_PRIVATE, read fault; then write fault"),
    FAULT_OF_A_HOLE(1, "read fault of a hole"),
    MAPPING_ASSOCIATED(1, "page->mapping: set at the fault, kept by munmap, cleared by truncate, punch and evict"),
    PAGEMAP_REFERENCES(1, "dev_pagemap: 1 + pages at all times; get_dev_pagemap + 1; GUP gives its own back"),
    REFLINK_COUNTS(1, "reflink: two files fault the same block"),
    REFLINK_MAPPING_6_1(1, "reflink on 6.1: page->mapping set, share not seen"),
    REFLINK_WRITE_FAULT(1, "reflink: a write fault of B gives B a page of its own"),
    REFLINK_READ_PIN(1, "reflink: a read-only FOLL_PIN of the shared page works"),
    REFLINK_READ_PIN_6_12(1, "reflink on 6.12: a read-only FOLL_PIN of the shared page loops in the kernel"),
    THE_PIPE(1, "vmsplice holds the page until the pipe is read"),

    NOT_PINNED(2, "mapped, not pinned: ftruncate(0), punch"),
    ACCESS_AFTERWARDS(2, "mapped, not pinned: later access SIGBUS (ftruncate), new zeroed page (punch)"),
    HELD(2, "GET or PIN held, still mapped: ftruncate, punch"),
    COLLAPSE(2, "GET or PIN held, still mapped: collapse"),
    UNMAPPED_WHILE_IT_WAITS(2, "the page is unmapped while it waits: 1025/1 -> 1024/0"),
    ENDS_AT_THE_RELEASE(2, "pin released: op ends at once"),
    TIME_TO_END(2, "pipe drained / pin released: median of 2 to 9 ms"),
    ANOTHER_PAGE(2, "punch of another page, ftruncate above the pinned page"),
    FSYNC_AND_WRITE(2, "fsync, write(2) to the pinned page"),
    PAGEMAP_REFERENCE_ONLY(2, "only a get_dev_pagemap reference held"),
    TWO_PINS(2, "two pages pinned, released one by one"),
    PMD_ENTRY(2, "2 MiB entry, one page pinned"),
    SIGNAL(2, "signal with handler / SIGKILL"),
    REFAULT(2, "while it waits: write to the mapped pinned page, or another mapped page"),
    NEW_PIN(2, "while it waits: new pin of the page"),
    READ_AND_WRITE(2, "while it waits: pread / pwrite of any page"),
    REFAULT_THEN_UNPIN(2, "refault while it waits, then the pin is released"),
    REFLINK_PUNCH(2, "reflink: pinned through A; punch of the shared block in B; A stays mapped"),
    MUNMAP_FIRST(2, "munmap first, pin still held, then ftruncate"),
    UNLINK(2, "unlink + last close (evict) under a pin"),
    UNLINK_IN_THE_BACKGROUND(2, "unlink on xfs: blocks freed in the background, some seconds later"),
    UMOUNT(2, "umount under a pin (file closed, unmapped)"),

    MOUNTED_ONLY(3, "mounted only: returns, EIO, umount ok"),
    REBIND(3, "bind again, mount, fsck clean"),
    NOTIFICATION_6_1(3, "6.1: ext4 not shut down; xfs as ext4, no SIGBUS"),
    EXT4_MAPPED(3, "ext4, mapped + faulted, not pinned: returns, ext4 shut down"),
    EXT4_OLD_MAPPING(3, "... the process: not signalled; reads of the old mapping still succeed"),
    EXT4_WRITE(3, "... the process: write to the old mapping"),
    EXT4_FIRST_FAULT(3, "... the process: first fault of a new page"),
    EXT4_PIN(3, "... the process: new pin"),
    EXT4_MUNMAP(3, "... the process: munmap"),
    EXT4_UMOUNT(3, "... umount afterwards, 6.12: oops in dax_disassociate_entry"),
    EXT4_STUCK_UMOUNT(3, "... umount afterwards, 7.3: stuck behind the oopsed process"),
    EXT4_PINNED(3, "ext4, page pinned (PIN, or vmsplice)"),
    PAGEMAP_REFERENCE_HELD(3, "only a get_dev_pagemap reference held (no pin)"),
    XFS_MAPPED(3, "xfs, mapped, not pinned: SIGBUS to every mapper, mapping gone; 6.12: shut down, returns"),
    XFS_PINNED(3, "xfs, page pinned, 6.12: as not pinned, and release oopses"),
    XFS_SPIN(3, "xfs, mapped or pinned, 6.16 and later: unbind spins in mf_dax_kill_procs"),

    LONGTERM_NOT_FAULTED(4, "FOLL_LONGTERM on a shared fsdax page: not faulted"),
    LONGTERM_FAULTED(4, "FOLL_LONGTERM on a shared fsdax page: faulted"),
    LONGTERM_READ_ONLY(4, "FOLL_LONGTERM on a shared fsdax page: read-only"),
    LONGTERM_PMD(4, "FOLL_LONGTERM on a shared fsdax page: through a 2 MiB entry"),
    LONGTERM_PRIVATE(4, "FOLL_LONGTERM read-only on a read-faulted MAP_PRIVATE page"),
    LONGTERM_ANONYMOUS(4, "FOLL_LONGTERM on a copied (anonymous) page of a MAP_PRIVATE mapping"),
    IO_URING(4, "io_uring registered buffer"),
    SHORT_PIN(4, "short pin, vmsplice"),
    PROCESS_VM_READV(4, "process_vm_readv (own page, and a child's never-touched page)"),
    HWPOISON(4, "memory error (MADV_HWPOISON)");

    private final int section;
    private final String title;

    OracleRow(final int section, final String title) {
        this.section = section;
        this.title = title;
    }

    @Override
    public String toString() {
        return section + ": " + title;
    }
}
