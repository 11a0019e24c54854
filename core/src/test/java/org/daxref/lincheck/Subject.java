/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** A production class by way of its operations, and what it must look like to a sequential user. */
enum Subject {
    /** The kernel's counter on a page that begins small. */
    CAS_SMALL(PageCounterOperations.CasSmall.class, PageCounterModel.class),

    /** The kernel's counter on a page that begins large. */
    CAS_LARGE(PageCounterOperations.CasLarge.class, PageCounterModel.class),

    /** The fused counter on a page that begins small. */
    FUSED_SMALL(PageCounterOperations.FusedSmall.class, PageCounterModel.class),

    /** The fused counter on a page that begins large. */
    FUSED_LARGE(PageCounterOperations.FusedLarge.class, PageCounterModel.class),

    /** The number that a page of the fused counter shows: a pin is one step. */
    FUSED_NUMBER(PageNumberOperations.Fused.class, PageNumberModel.class),

    /** {@code cas-backoff} on a page that begins small. */
    BACKOFF_SMALL(PageCounterOperations.BackoffSmall.class, PageCounterModel.class),

    /** {@code cas-backoff} on a page that begins large. */
    BACKOFF_LARGE(PageCounterOperations.BackoffLarge.class, PageCounterModel.class),

    /** The number that a page of {@code cas-backoff} shows. */
    BACKOFF_NUMBER(PageNumberOperations.Backoff.class, PageNumberModel.class),

    /** {@code xadd} on a page that begins small. */
    XADD_SMALL(PageCounterOperations.XaddSmall.class, PageCounterModel.class),

    /** {@code xadd} on a page that begins large. */
    XADD_LARGE(PageCounterOperations.XaddLarge.class, PageCounterModel.class),

    /** The number that a page of {@code xadd} shows. */
    XADD_NUMBER(PageNumberOperations.Xadd.class, PageNumberModel.class),

    /** {@code rcuref} on a page that begins small. */
    RCUREF_SMALL(PageCounterOperations.RcurefSmall.class, PageCounterModel.class),

    /** {@code rcuref} on a page that begins large. */
    RCUREF_LARGE(PageCounterOperations.RcurefLarge.class, PageCounterModel.class),

    /** The number that a page of {@code rcuref} shows. */
    RCUREF_NUMBER(PageNumberOperations.Rcuref.class, PageNumberModel.class),

    /** {@code sticky} on a page that begins small. */
    STICKY_SMALL(PageCounterOperations.StickySmall.class, PageTakersModel.class),

    /** {@code sticky} on a page that begins large. */
    STICKY_LARGE(PageCounterOperations.StickyLarge.class, PageTakersModel.class),

    /** The number that a page of {@code sticky} shows. */
    STICKY_NUMBER(PageNumberOperations.Sticky.class, PageNumberModel.class),

    /** Scenarios S33, S34 and S36: {@code percpu_ref_tryget_live} against {@code percpu_ref_kill}. */
    PERCPU_REF(PercpuRefOperations.class, PercpuRefModel.class),

    /** {@code get_dev_pagemap}'s lookup against {@code memremap_pages} and {@code memunmap_pages} of other ranges. */
    PAGEMAP_ARRAY(PagemapArrayOperations.Actual.class, PagemapArrayModel.class),

    /** CPU areas that are handed out and given back. */
    CPU_SLOTS(CpuSlotsOperations.class, CpuSlotsModel.class),

    /** {@code striped}: pins that CPUs keep, and their gathering. */
    STRIPED(KeptPinsOperations.Striped.class, KeptPinsModel.class),

    /** {@code striped-asym}: pins that CPUs keep, and their gathering after a grace period. */
    STRIPED_ASYM(KeptPinsOperations.StripedAsym.class, KeptPinsModel.class),

    /** {@code hazard}: pins that CPUs keep, and their gathering. */
    HAZARD(KeptPinsOperations.Hazard.class, KeptPinsModel.class);

    private final Class<?> operations;
    private final Class<?> model;

    Subject(final Class<?> operations, final Class<?> model) {
        this.operations = operations;
        this.model = model;
    }

    Class<?> operations() {
        return operations;
    }

    Class<?> model() {
        return model;
    }

    /** Lincheck speaks of a race, not of trouble with itself. */
    static void assertRejection(final String report) {
        assertTrue(report.contains("= Invalid execution results =") || report.contains("= Validation function"),
            report);
    }
}
