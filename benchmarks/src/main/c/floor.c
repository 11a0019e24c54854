/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */

/*
 * The floor under the pin paths: what org.daxref.mm.Gup does to pin and unpin one page, step for step, in C.
 *
 * The device file is the one that the Java side made, opened and mapped the page in; where everything lies comes from
 * there, as constants in layout.h and as arguments. Loads, stores and locked operations on shared words are those of
 * the Java code, in its order and with its memory orders: opaque is relaxed, volatile is sequentially consistent. What
 * a thread has for itself (its sequence, the dev_pagemap that its walk holds) lies in a struct of its own.
 *
 * Only the fast path is here. Nobody else uses the device, so whatever would leave it (an entry that is not there or
 * changes, a count that refuses, a waiter, a last reference, a page that is gathered, a pin slot that cannot be had)
 * ends the program with a sentence and exit code 1.
 *
 *     floor FILE PATH name=value... area=OFFSET...
 *
 * One thread per area, thread i on the i-th CPU that this process may use. After the warm-ups each window is a line on
 * the standard output, printed at the end and only if the page's count, with what CPUs keep of it, is what it was
 * before:
 *
 *     window OPERATIONS NS WAIT_NS [OPERATIONS NS WAIT_NS]...
 *
 * with three numbers per thread; WAIT_NS is the time on a run queue, -1 where the kernel does not say.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "layout.h"

#define INLINE static inline __attribute__((always_inline))
#define APART __attribute__((aligned(128)))
#if defined(__has_attribute) && __has_attribute(noipa)
#define CALLED __attribute__((noipa))
#else
#define CALLED __attribute__((noinline))
#endif

#define MOST_THREADS 64
#define PAUSES 32 /* CasBackoffPageCounter */
#define PAGEMAP_TAG 1 /* PagemapArray */
#define DEAD_OR_ATOMIC 3 /* PercpuRef */
#define IDLE_COUNT 1 /* DevPagemapDesign */
#define OTHERS_LEFT 1 /* StripedPageCounter, HazardPageCounter */
#define GOLDEN_RATIO UINT64_C(0x9E3779B97F4A7C15) /* WaitTable */

enum design { FS_HELD, DEV_PAGEMAP };

enum counter { CAS, CAS_FUSED, CAS_BACKOFF, XADD, RCUREF, STICKY, STRIPED, STRIPED_ASYM, HAZARD };

/* Where everything lies: byte offsets from the start of the file. */
struct device {
    char *base;
    int64_t table; /* the address space */
    int64_t ptes; /* its first PTE table */
    int64_t pages; /* its size */
    int64_t memmap; /* where the descriptor of page frame 0 would be */
    int64_t waits; /* the wait queues */
    int64_t pagemaps; /* the root of pgmap_array */
};

/* The CPU that a thread stands for. */
struct cpu {
    int64_t area;
    int64_t sequence;
    int64_t held;
    int64_t crowded_page;
    int32_t sightings;
};

struct window {
    int64_t operations;
    int64_t ns;
    int64_t wait_ns;
};

struct options {
    int64_t bytes; /* length of the file */
    int64_t page; /* which page of the address space */
    int64_t expected; /* its count, as the word has it while CPUs keep nothing of it */
    int64_t queue; /* the wait queue of its reference count */
    int64_t table, ptes, pages, memmap, waits, pagemaps;
    int64_t warmups, windows, ms;
    int64_t areas[MOST_THREADS];
    int threads;
};

struct worker;

struct path {
    const char *name;
    int64_t (*run)(struct worker *worker, int64_t window);
};

struct worker {
    pthread_t thread;
    int index;
    const struct options *options;
    const struct device *device;
    const struct path *path;
    struct cpu cpu;
    int64_t pfns[1];
    struct window *windows;
} APART;

/* How many windows are over, and how often a worker was ready for one. Each alone in its lines. */
static int64_t stopped APART;
static int64_t ready APART;
static cpu_set_t allowed APART;

__attribute__((cold, noinline, noreturn, format(printf, 1, 2)))
static void leave(const char *format, ...)
{
    va_list values;

    flockfile(stderr); /* for good: what another thread has to say is not said */
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
    _exit(1);
}

INLINE void require(bool holds, const char *else_say)
{
    if (__builtin_expect(!holds, 0))
        leave("%s", else_say);
}

/* The access seam: org.daxref.memory.Words. */

INLINE int32_t get_int(const struct device *d, int64_t offset, int order)
{
    return __atomic_load_n((const int32_t *)(d->base + offset), order);
}

INLINE int64_t get_long(const struct device *d, int64_t offset, int order)
{
    return __atomic_load_n((const int64_t *)(d->base + offset), order);
}

INLINE void put_long(const struct device *d, int64_t offset, int64_t value, int order)
{
    __atomic_store_n((int64_t *)(d->base + offset), value, order);
}

#define int_opaque(d, offset) get_int(d, offset, __ATOMIC_RELAXED)
#define int_acquire(d, offset) get_int(d, offset, __ATOMIC_ACQUIRE)
#define int_volatile(d, offset) get_int(d, offset, __ATOMIC_SEQ_CST)
#define long_opaque(d, offset) get_long(d, offset, __ATOMIC_RELAXED)
#define long_acquire(d, offset) get_long(d, offset, __ATOMIC_ACQUIRE)
#define long_volatile(d, offset) get_long(d, offset, __ATOMIC_SEQ_CST)
#define put_long_opaque(d, offset, value) put_long(d, offset, value, __ATOMIC_RELAXED)
#define put_long_release(d, offset, value) put_long(d, offset, value, __ATOMIC_RELEASE)

INLINE int32_t get_and_add(const struct device *d, int64_t offset, int32_t delta)
{
    return __atomic_fetch_add((int32_t *)(d->base + offset), delta, __ATOMIC_SEQ_CST);
}

/* Returns what was found. */
INLINE int32_t compare_and_exchange(const struct device *d, int64_t offset, int32_t expected, int32_t value)
{
    int32_t found = expected;

    __atomic_compare_exchange_n((int32_t *)(d->base + offset), &found, value, false, __ATOMIC_SEQ_CST,
        __ATOMIC_SEQ_CST);
    return found;
}

INLINE int64_t get_and_add_long(const struct device *d, int64_t offset, int64_t delta)
{
    return __atomic_fetch_add((int64_t *)(d->base + offset), delta, __ATOMIC_SEQ_CST);
}

INLINE int64_t get_and_set_long(const struct device *d, int64_t offset, int64_t value)
{
    return __atomic_exchange_n((int64_t *)(d->base + offset), value, __ATOMIC_SEQ_CST);
}

INLINE bool compare_and_set_long(const struct device *d, int64_t offset, int64_t expected, int64_t value)
{
    return __atomic_compare_exchange_n((int64_t *)(d->base + offset), &expected, value, false, __ATOMIC_SEQ_CST,
        __ATOMIC_SEQ_CST);
}

/* Read sections and per-CPU counters: sync.Epochs, sync.CpuSlot. */

INLINE void epoch_enter(const struct device *d, struct cpu *cpu)
{
    put_long_opaque(d, cpu->area + EPOCH_OFFSET, ++cpu->sequence);
#if FENCED_READERS
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#else
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
#endif
}

INLINE void epoch_exit(const struct device *d, struct cpu *cpu)
{
    put_long_release(d, cpu->area + EPOCH_OFFSET, ++cpu->sequence);
}

INLINE void this_cpu_add(const struct device *d, const struct cpu *cpu, int64_t counter, int64_t delta)
{
    const int64_t offset = cpu->area + counter;

    put_long_opaque(d, offset, long_opaque(d, offset) + delta);
}

INLINE bool is_inside(const struct cpu *cpu)
{
    return (cpu->sequence & 1) != 0;
}

INLINE void sight_others(struct cpu *cpu, int64_t page)
{
    cpu->sightings = page == cpu->crowded_page ? cpu->sightings + 1 : 1;
    cpu->crowded_page = page;
}

INLINE int32_t sightings(const struct cpu *cpu, int64_t page)
{
    return page == cpu->crowded_page ? cpu->sightings : 0;
}

INLINE int64_t pin_slot(int64_t area, int64_t index)
{
    return area + PIN_SLOTS_OFFSET + index * (int64_t)sizeof(int64_t);
}

/* Page descriptors: page.Memmap. */

INLINE int64_t page_descriptor(const struct device *d, int64_t pfn)
{
    return d->memmap + (pfn << PAGE_DESCRIPTOR_SHIFT);
}

INLINE int64_t folio_head(const struct device *d, int64_t page)
{
    const int64_t link = long_opaque(d, page + COMPOUND_HEAD_OFFSET);

    return link == 0 ? page : link - 1;
}

INLINE bool is_large(const struct device *d, int64_t head)
{
    return (int_opaque(d, head + FLAGS_OFFSET) & FLAG_HEAD) != 0;
}

INLINE bool is_mapped(const struct device *d, int64_t head)
{
    return int_volatile(d, head + MAPCOUNT_OFFSET) > 0;
}

INLINE void set_referenced(const struct device *d, int64_t head)
{
    if ((int_opaque(d, head + FLAGS_OFFSET) & FLAG_REFERENCED) == 0)
        __atomic_fetch_or((int32_t *)(d->base + head + FLAGS_OFFSET), FLAG_REFERENCED, __ATOMIC_SEQ_CST);
}

/* Counters: page.*PageCounter. */

INLINE void pause_cpu(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
#endif
}

INLINE void back_off(void)
{
    for (int i = 0; i < PAUSES; i++)
        pause_cpu();
}

INLINE void add_unless_zero(const struct device *d, int64_t head, int32_t delta, bool backs_off)
{
    const int64_t count = head + REFCOUNT_OFFSET;
    int32_t seen = int_opaque(d, count);

    require(seen > 0, "the count refuses a reference");
    int32_t found = compare_and_exchange(d, count, seen, seen + delta);
    while (__builtin_expect(found != seen, 0)) {
        seen = found;
        if (backs_off) {
            require(seen > 0, "the count refuses a reference");
            back_off();
            seen = int_opaque(d, count);
        }
        require(seen > 0, "the count refuses a reference");
        found = compare_and_exchange(d, count, seen, seen + delta);
    }
}

/* The word of a count of 0 that is not flagged. */
INLINE int32_t none(enum counter counter)
{
    return counter == RCUREF ? -1 : 0;
}

INLINE bool is_striped(int32_t word)
{
    return (uint32_t)(word - STRIPED_WORD + STRIPED_ZONE / 2) < STRIPED_ZONE;
}

/* Whether somebody holds the page after what was done to its word; a striped page is held by its mapping. */
INLINE bool is_held(int32_t word, enum counter counter)
{
    return word - none(counter) > 0 || ((counter == STRIPED || counter == STRIPED_ASYM) && is_striped(word));
}

INLINE void try_add(const struct device *d, int64_t head, int32_t delta, enum counter counter)
{
    if (counter == CAS || counter == CAS_FUSED || counter == CAS_BACKOFF)
        add_unless_zero(d, head, delta, counter == CAS_BACKOFF);
    else
        require(is_held(get_and_add(d, head + REFCOUNT_OFFSET, delta), counter), "the count refuses a reference");
}

INLINE void pin_in_word(const struct device *d, int64_t head, enum counter counter)
{
    if (counter == CAS) {
        try_add(d, head, 1, counter);
        require(!is_large(d, head), "the folio is large");
        get_and_add(d, head + REFCOUNT_OFFSET, GUP_PIN_COUNTING_BIAS - 1);
    } else {
        require(!is_large(d, head), "the folio is large");
        try_add(d, head, GUP_PIN_COUNTING_BIAS, counter);
        require(!is_large(d, head), "the folio has become large");
    }
}

INLINE int32_t subtract(const struct device *d, int64_t head, int32_t delta, enum counter counter)
{
    const int32_t left = get_and_add(d, head + REFCOUNT_OFFSET, -delta) - delta;

    require(is_held(left, counter), "the last reference is gone");
    return left - none(counter);
}

INLINE int32_t unpin_in_word(const struct device *d, int64_t head, enum counter counter)
{
    require(!is_large(d, head), "the folio is large");
    return subtract(d, head, GUP_PIN_COUNTING_BIAS, counter);
}

/* Counters that keep parts of counts in slots of their CPU: page.*StripedPageCounter. Nobody gathers here. */

INLINE int64_t part_slot(int64_t area, int64_t head)
{
    return pin_slot(area, head >> PAGE_DESCRIPTOR_SHIFT & (PIN_SLOTS - 1));
}

INLINE bool bears_tag(int64_t seen, int64_t head)
{
    return (uint64_t)seen >> 32 == (uint64_t)head >> PAGE_DESCRIPTOR_SHIFT;
}

INLINE bool is_available(int64_t seen)
{
    return seen == FREE_SLOT || (int32_t)seen == NO_PART;
}

INLINE int64_t slot_with(int64_t head, int32_t part)
{
    return (int64_t)((uint64_t)head >> PAGE_DESCRIPTOR_SHIFT << 32) | (uint32_t)(NO_PART + part);
}

INLINE int32_t part_in(int64_t seen)
{
    return (int32_t)((int32_t)seen - NO_PART);
}

INLINE bool has_room(int64_t seen, int32_t delta)
{
    return llabs(part_in(seen) + (int64_t)delta) <= MOST_IN_SLOT;
}

INLINE void add_to_slot(const struct device *d, const struct cpu *cpu, int64_t head, int32_t delta,
    enum counter counter)
{
    const int64_t slot = part_slot(cpu->area, head);
    const int64_t seen = long_opaque(d, slot);

    if (!bears_tag(seen, head)) {
        require(is_available(seen) && compare_and_set_long(d, slot, seen, slot_with(head, delta)),
            "the slot of the page is another's");
    } else {
        require(has_room(seen, delta), "the slot of the page is full");
        if (counter == STRIPED)
            require(bears_tag(get_and_add_long(d, slot, delta), head), "the page was gathered");
        else
            put_long_opaque(d, slot, seen + delta);
    }
    if (counter == STRIPED)
        require(is_striped(int_volatile(d, head + REFCOUNT_OFFSET)), "the page was gathered");
}

INLINE void take_from_slot(const struct device *d, struct cpu *cpu, int64_t head, int32_t delta,
    enum counter counter)
{
    if (counter == STRIPED) {
        add_to_slot(d, cpu, head, -delta, counter);
    } else {
        require(!is_inside(cpu), "an unpin is inside a read section");
        epoch_enter(d, cpu);
        require(is_striped(int_opaque(d, head + REFCOUNT_OFFSET)), "the page was gathered");
        add_to_slot(d, cpu, head, -delta, counter);
        epoch_exit(d, cpu);
    }
}

INLINE bool make_striped(const struct device *d, struct cpu *cpu, int64_t head, int32_t seen)
{
    if (is_inside(cpu) || seen <= 0 || seen >= MOST_IN_WORD || is_large(d, head) || !is_mapped(d, head)
        || head >> PAGE_DESCRIPTOR_SHIFT > LARGEST_TAG)
        return false;
    cpu->sightings = 0;
    if (compare_and_exchange(d, head + REFCOUNT_OFFSET, seen, STRIPED_WORD + seen) != seen)
        return false;
    require(is_mapped(d, head), "the page has lost its mapping");
    return true;
}

INLINE void pin_striped(const struct device *d, struct cpu *cpu, int64_t head, enum counter counter)
{
    const int32_t seen = int_opaque(d, head + REFCOUNT_OFFSET);

    if (is_striped(seen)) {
        add_to_slot(d, cpu, head, GUP_PIN_COUNTING_BIAS, counter);
    } else {
        if (seen >= GUP_PIN_COUNTING_BIAS)
            sight_others(cpu, head);
        pin_in_word(d, head, counter);
    }
}

INLINE int32_t unpin_striped(const struct device *d, struct cpu *cpu, int64_t head, enum counter counter)
{
    const int32_t seen = int_opaque(d, head + REFCOUNT_OFFSET);
    const int32_t crowd = counter == STRIPED ? STRIPED_CROWD : STRIPED_ASYM_CROWD;

    if (is_striped(seen) || (sightings(cpu, head) >= crowd && make_striped(d, cpu, head, seen))) {
        take_from_slot(d, cpu, head, GUP_PIN_COUNTING_BIAS, counter);
        return OTHERS_LEFT;
    }
    return unpin_in_word(d, head, counter);
}

/* The counter that names the page in a slot of its CPU: page.HazardPageCounter. A thread holds one pin at a time. */

INLINE void publish(const struct device *d, const struct cpu *cpu, int64_t head)
{
    for (int i = 0; i < HAZARD_SLOTS; i++) {
        const int64_t slot = pin_slot(cpu->area, i);

        if (long_opaque(d, slot) == 0) {
            get_and_set_long(d, slot, head);
            require(is_mapped(d, head) && !is_large(d, head), "the page may not stay in a slot");
            return;
        }
    }
    leave("no slot of the CPU is free");
}

INLINE void withdraw(const struct device *d, const struct cpu *cpu, int64_t head)
{
    for (int i = 0; i < HAZARD_SLOTS; i++) {
        const int64_t slot = pin_slot(cpu->area, i);

        if (long_opaque(d, slot) == head && compare_and_set_long(d, slot, head, 0))
            return;
    }
    leave("no slot of the CPU names the page");
}

INLINE void pin_by_name(const struct device *d, const struct cpu *cpu, int64_t head)
{
    require(!is_large(d, head), "the folio is large");
    require(int_opaque(d, head + MAPCOUNT_OFFSET) > 0, "the page is not mapped");
    require(int_opaque(d, head + REFCOUNT_OFFSET) > 0, "the count refuses a reference");
    publish(d, cpu, head);
}

/* A pin and its unpin by a CPU: page.PageCounter. */

INLINE void try_pin(const struct device *d, struct cpu *cpu, int64_t head, enum counter counter)
{
    if (counter == STRIPED || counter == STRIPED_ASYM)
        pin_striped(d, cpu, head, counter);
    else if (counter == HAZARD)
        pin_by_name(d, cpu, head);
    else
        pin_in_word(d, head, counter);
}

INLINE int32_t drop_pin(const struct device *d, struct cpu *cpu, int64_t head, enum counter counter)
{
    if (counter == STRIPED || counter == STRIPED_ASYM)
        return unpin_striped(d, cpu, head, counter);
    if (counter == HAZARD) {
        withdraw(d, cpu, head);
        return OTHERS_LEFT;
    }
    return unpin_in_word(d, head, counter);
}

/* The guard of the old era: pagemap.DevPagemaps, PagemapArray, PercpuRef. */

INLINE bool is_node(int64_t entry)
{
    return entry != 0 && (entry & PAGEMAP_TAG) == 0;
}

INLINE int64_t pgmap_array_load(const struct device *d, int64_t pfn)
{
    int64_t entry = long_acquire(d, d->pagemaps);

    if (is_node(entry) && (uint64_t)pfn >> int_opaque(d, entry + NODE_SHIFT_OFFSET) >= NODE_ENTRIES)
        return 0;
    while (is_node(entry)) {
        const int shift = int_opaque(d, entry + NODE_SHIFT_OFFSET);

        entry = long_acquire(d, entry + NODE_ENTRIES_OFFSET
            + (int64_t)(((uint64_t)pfn >> shift & (NODE_ENTRIES - 1)) << 3));
    }
    return entry & ~(int64_t)PAGEMAP_TAG;
}

INLINE void percpu_ref_add(const struct device *d, const struct cpu *cpu, int64_t ref, int64_t delta)
{
    const int64_t mode = long_acquire(d, ref + REF_MODE_OFFSET);

    require((mode & DEAD_OR_ATOMIC) == 0, "the dev_pagemap is dying");
    this_cpu_add(d, cpu, mode, delta);
}

INLINE void get_dev_pagemap(const struct device *d, struct cpu *cpu, int64_t pfn)
{
    require(cpu->held == 0, "the walk holds a dev_pagemap already");
    const int64_t pgmap = pgmap_array_load(d, pfn);
    require(pgmap != 0, "the page has no dev_pagemap");
    percpu_ref_add(d, cpu, pgmap, 1);
    cpu->held = pgmap;
}

INLINE void put_dev_pagemap(const struct device *d, struct cpu *cpu)
{
    const int64_t held = cpu->held;

    if (held != 0) {
        cpu->held = 0;
        percpu_ref_add(d, cpu, held, -1);
    }
}

INLINE bool is_fs_dax(const struct device *d, int64_t head)
{
    return int_opaque(d, long_opaque(d, head + PGMAP_OFFSET) + TYPE_OFFSET) == FS_DAX;
}

/* Waking: sync.WaitTable. */

INLINE int64_t wait_queue(int64_t address)
{
    return (int64_t)((uint64_t)address * GOLDEN_RATIO >> QUEUE_HASH_SHIFT);
}

INLINE void wake_up_var(const struct device *d, int64_t address)
{
    require(int_volatile(d, d->waits + wait_queue(address) * QUEUE_BYTES) == 0, "somebody waits for a page");
}

/* The walk and the drop: mm.Gup, design.*Design. */

INLINE void walk_pte(const struct device *d, struct cpu *cpu, int64_t pte_offset, int64_t pmd_offset, int64_t pmd,
    int64_t *pfns, enum design design, enum counter counter)
{
    const int64_t pte = long_acquire(d, pte_offset);
    require((pte & (PRESENT | WRITE | SPECIAL)) == (PRESENT | WRITE), "the page is not mapped for writing");
    const int64_t pfn = (int64_t)((uint64_t)pte >> PFN_SHIFT & PFN_MASK);
    if (design == DEV_PAGEMAP && (pte & DEVMAP) != 0)
        get_dev_pagemap(d, cpu, pfn);
    const int64_t page = page_descriptor(d, pfn);
    const int64_t head = folio_head(d, page);
    try_pin(d, cpu, head, counter);
    require(folio_head(d, page) == head, "the folio was split");
    require(long_volatile(d, pmd_offset) == pmd && long_volatile(d, pte_offset) == pte, "the entry has changed");
    set_referenced(d, head);
    pfns[0] = pfn;
}

INLINE void pin_fast(const struct device *d, struct cpu *cpu, int64_t page, int64_t *pfns, enum design design,
    enum counter counter)
{
    require(page >= 0 && page <= d->pages - 1, "the page lies outside the address space");
    const int32_t sequence = int_acquire(d, d->table + WRITE_PROTECT_SEQ_OFFSET);
    require((sequence & 1) == 0, "a fork is under way");
    epoch_enter(d, cpu);
    const int64_t pmd_offset = d->table + PMDS_OFFSET + (page >> PMD_ORDER << 3);
    const int64_t pmd = long_acquire(d, pmd_offset);
    require(pmd != 0 && (pmd & LEAF) == 0, "the page has no PTE table");
    walk_pte(d, cpu, d->ptes + (page << 3), pmd_offset, pmd, pfns, design, counter);
    if (design == DEV_PAGEMAP)
        put_dev_pagemap(d, cpu);
    epoch_exit(d, cpu);
    this_cpu_add(d, cpu, PINS_ACQUIRED_OFFSET, 1);
    require(int_acquire(d, d->table + WRITE_PROTECT_SEQ_OFFSET) == sequence, "a fork came between");
}

INLINE void unpin(const struct device *d, struct cpu *cpu, const int64_t *pfns, enum design design,
    enum counter counter)
{
    const int64_t head = folio_head(d, page_descriptor(d, pfns[0]));
    const bool managed = design == DEV_PAGEMAP && is_fs_dax(d, head);
    const int32_t left = drop_pin(d, cpu, head, counter);
    if (managed && left == IDLE_COUNT)
        wake_up_var(d, head + REFCOUNT_OFFSET);
    this_cpu_add(d, cpu, PINS_RELEASED_OFFSET, 1);
}

INLINE void pin_and_unpin(const struct device *d, struct cpu *cpu, int64_t page, int64_t *pfns, enum design design,
    enum counter counter)
{
    pin_fast(d, cpu, page, pfns, design, counter);
    unpin(d, cpu, pfns, design, counter);
}

/*
 * A path: its operation, which uses d, cpu, page and pfns, and the loop that repeats it until the window is over, which
 * is looked at after each, as in JMH's loop. The operation is a call of a function of which the compiler knows nothing,
 * so that no part of it moves out of the loop: a caller who pins one page has nothing to share the work with.
 */
#define PATH(name, operation) \
    CALLED static void name##_once(const struct device *d, struct cpu *cpu, int64_t page, int64_t *pfns) \
    { \
        operation; \
    } \
    static int64_t name(struct worker *worker, int64_t window) \
    { \
        int64_t operations = 0; \
        do { \
            name##_once(worker->device, &worker->cpu, worker->options->page, worker->pfns); \
            operations++; \
        } while (__atomic_load_n(&stopped, __ATOMIC_RELAXED) <= window); \
        return operations; \
    }

PATH(fs_held_cas, pin_and_unpin(d, cpu, page, pfns, FS_HELD, CAS))
PATH(fs_held_cas_fused, pin_and_unpin(d, cpu, page, pfns, FS_HELD, CAS_FUSED))
PATH(fs_held_cas_backoff, pin_and_unpin(d, cpu, page, pfns, FS_HELD, CAS_BACKOFF))
PATH(fs_held_xadd, pin_and_unpin(d, cpu, page, pfns, FS_HELD, XADD))
PATH(fs_held_rcuref, pin_and_unpin(d, cpu, page, pfns, FS_HELD, RCUREF))
PATH(fs_held_sticky, pin_and_unpin(d, cpu, page, pfns, FS_HELD, STICKY))
PATH(fs_held_striped, pin_and_unpin(d, cpu, page, pfns, FS_HELD, STRIPED))
PATH(fs_held_striped_asym, pin_and_unpin(d, cpu, page, pfns, FS_HELD, STRIPED_ASYM))
PATH(fs_held_hazard, pin_and_unpin(d, cpu, page, pfns, FS_HELD, HAZARD))
PATH(dev_pagemap_cas, pin_and_unpin(d, cpu, page, pfns, DEV_PAGEMAP, CAS))
PATH(dev_pagemap_cas_fused, pin_and_unpin(d, cpu, page, pfns, DEV_PAGEMAP, CAS_FUSED))

static const struct path PATHS[] = {
    {"fs-held/cas", fs_held_cas},
    {"fs-held/cas-fused", fs_held_cas_fused},
    {"fs-held/cas-backoff", fs_held_cas_backoff},
    {"fs-held/xadd", fs_held_xadd},
    {"fs-held/rcuref", fs_held_rcuref},
    {"fs-held/sticky", fs_held_sticky},
    {"fs-held/striped", fs_held_striped},
    {"fs-held/striped-asym", fs_held_striped_asym},
    {"fs-held/hazard", fs_held_hazard},
    {"dev-pagemap/cas", dev_pagemap_cas},
    {"dev-pagemap/cas-fused", dev_pagemap_cas_fused},
};

static const struct path *find_path(const char *name)
{
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++)
        if (strcmp(PATHS[i].name, name) == 0)
            return &PATHS[i];
    leave("there is no path %s", name);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void sleep_ms(int64_t ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

/* How long the calling thread was ready to run and had no CPU so far, -1 where the kernel does not say. */
static int64_t run_queue_wait_ns(void)
{
    FILE *file = fopen("/proc/thread-self/schedstat", "r");
    int64_t wait_ns = -1;

    if (file != NULL) {
        if (fscanf(file, "%*d %" SCNd64, &wait_ns) != 1)
            wait_ns = -1;
        fclose(file);
    }
    return wait_ns;
}

static void tie(int index)
{
    cpu_set_t own;
    int cpu = 0;

    for (int left = index; !CPU_ISSET(cpu, &allowed) || left-- > 0; cpu++)
        ;
    CPU_ZERO(&own);
    CPU_SET(cpu, &own);
    if (sched_setaffinity(0, sizeof own, &own) != 0)
        leave("cannot tie a thread to CPU %d: %s", cpu, strerror(errno));
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    const struct options *options = worker->options;

    tie(worker->index);
    worker->cpu.sequence = long_acquire(worker->device, worker->cpu.area + EPOCH_OFFSET);
    for (int64_t i = 0; i < options->warmups + options->windows; i++) {
        struct window *window = &worker->windows[i];
        const int64_t waited_ns = run_queue_wait_ns();

        __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
        while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < (i + 1) * options->threads)
            pause_cpu();
        const int64_t start_ns = now_ns();
        window->operations = worker->path->run(worker, i);
        window->ns = now_ns() - start_ns;
        window->wait_ns = waited_ns < 0 ? -1 : run_queue_wait_ns() - waited_ns;
    }
    return NULL;
}

static void conduct(const struct options *options)
{
    for (int64_t i = 0; i < options->warmups + options->windows; i++) {
        while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < (i + 1) * options->threads)
            sleep_ms(1);
        sleep_ms(options->ms);
        __atomic_store_n(&stopped, i + 1, __ATOMIC_SEQ_CST);
    }
}

static void print_windows(const struct options *options, const struct worker *workers)
{
    for (int64_t i = options->warmups; i < options->warmups + options->windows; i++) {
        printf("window");
        for (int j = 0; j < options->threads; j++) {
            const struct window *window = &workers[j].windows[i];

            printf(" %" PRId64 " %" PRId64 " %" PRId64, window->operations, window->ns, window->wait_ns);
        }
        printf("\n");
    }
}

static const struct {
    const char *name;
    size_t offset;
} NUMBERS[] = {
    {"bytes", offsetof(struct options, bytes)},
    {"page", offsetof(struct options, page)},
    {"expected", offsetof(struct options, expected)},
    {"queue", offsetof(struct options, queue)},
    {"table", offsetof(struct options, table)},
    {"ptes", offsetof(struct options, ptes)},
    {"pages", offsetof(struct options, pages)},
    {"memmap", offsetof(struct options, memmap)},
    {"waits", offsetof(struct options, waits)},
    {"pagemaps", offsetof(struct options, pagemaps)},
    {"warmups", offsetof(struct options, warmups)},
    {"windows", offsetof(struct options, windows)},
    {"ms", offsetof(struct options, ms)},
};

#define NUMBER_COUNT (sizeof NUMBERS / sizeof *NUMBERS)

static int64_t number(const char *argument, const char *text)
{
    char *end;

    errno = 0;
    const int64_t value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        leave("not a number: %s", argument);
    return value;
}

static void parse(const char *argument, struct options *options, bool *given)
{
    const char *equals = strchr(argument, '=');
    const size_t length = equals == NULL ? 0 : (size_t)(equals - argument);

    if (length == 4 && strncmp(argument, "area", length) == 0 && options->threads < MOST_THREADS) {
        options->areas[options->threads++] = number(argument, equals + 1);
        return;
    }
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        if (length == strlen(NUMBERS[i].name) && strncmp(argument, NUMBERS[i].name, length) == 0) {
            memcpy((char *)options + NUMBERS[i].offset, &(int64_t){number(argument, equals + 1)}, sizeof(int64_t));
            given[i] = true;
            return;
        }
    leave("not understood: %s", argument);
}

static void parse_all(int count, char **arguments, struct options *options)
{
    bool given[NUMBER_COUNT] = {false};

    for (int i = 0; i < count; i++)
        parse(arguments[i], options, given);
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        if (!given[i])
            leave("an argument is missing: %s", NUMBERS[i].name);
    if (options->threads == 0)
        leave("an argument is missing: area");
}

static char *map(const char *file, int64_t bytes)
{
    const int descriptor = open(file, O_RDWR | O_CLOEXEC);
    char *base;

    if (descriptor < 0)
        leave("cannot open the device file: %s", strerror(errno));
    base = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (base == MAP_FAILED)
        leave("cannot map the device file: %s", strerror(errno));
    close(descriptor);
    return base;
}

/* The descriptor of the page; its entry must be there. */
static int64_t mapped_head(const struct device *d, int64_t page)
{
    const int64_t pte = long_acquire(d, d->ptes + (page << 3));
    const int64_t descriptor = page_descriptor(d, (int64_t)((uint64_t)pte >> PFN_SHIFT & PFN_MASK));

    require((pte & PRESENT) != 0, "the page is not mapped");
    return folio_head(d, descriptor);
}

/* What a CPU keeps of the count of a page. */
static int64_t kept(const struct device *d, int64_t area, int64_t head)
{
    const int64_t seen = long_volatile(d, part_slot(area, head));
    int64_t kept = bears_tag(seen, head) ? part_in(seen) : 0;

    for (int i = 0; i < HAZARD_SLOTS; i++)
        kept += long_volatile(d, pin_slot(area, i)) == head ? GUP_PIN_COUNTING_BIAS : 0;
    return kept;
}

static void check_count(const struct device *d, const struct options *options, int64_t head, const char *when)
{
    const int32_t word = int_volatile(d, head + REFCOUNT_OFFSET);
    int64_t found = is_striped(word) ? word - STRIPED_WORD : word;

    for (int i = 0; i < options->threads; i++)
        found += kept(d, options->areas[i], head);
    if (found != options->expected)
        leave("the count of the page is off %s: expected=%" PRId64 ", found=%" PRId64, when, options->expected, found);
}

static void start(struct worker *workers, const struct options *options, const struct path *path,
    const struct device *device)
{
    const size_t windows = (size_t)(options->warmups + options->windows);

    for (int i = 0; i < options->threads; i++) {
        workers[i] = (struct worker){.index = i, .options = options, .device = device, .path = path,
            .cpu = {.area = options->areas[i]}, .windows = calloc(windows, sizeof(struct window))};
        if (workers[i].windows == NULL)
            leave("there is no memory left");
    }
    for (int i = 0; i < options->threads; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            leave("cannot start a thread");
}

int main(int argc, char **argv)
{
    static struct options options;
    static struct worker workers[MOST_THREADS];

    if (argc < 3)
        leave("usage: floor FILE PATH name=value... area=OFFSET...");
    const struct path *path = find_path(argv[2]);
    parse_all(argc - 3, argv + 3, &options);
    const struct device device = {.base = map(argv[1], options.bytes), .table = options.table, .ptes = options.ptes,
        .pages = options.pages, .memmap = options.memmap, .waits = options.waits, .pagemaps = options.pagemaps};
    const int64_t head = mapped_head(&device, options.page);
    const int64_t queue = wait_queue(head + REFCOUNT_OFFSET);
    check_count(&device, &options, head, "before");
    if (queue != options.queue)
        leave("the wait queue is another: expected=%" PRId64 ", found=%" PRId64, options.queue, queue);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < options.threads)
        leave("there are fewer CPUs than threads: threads=%d", options.threads);
    start(workers, &options, path, &device);
    conduct(&options);
    for (int i = 0; i < options.threads; i++)
        pthread_join(workers[i].thread, NULL);
    check_count(&device, &options, head, "afterwards");
    print_windows(&options, workers);
    return 0;
}
