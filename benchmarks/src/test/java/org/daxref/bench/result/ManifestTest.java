/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import org.daxref.bench.suite.Samples;
import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

class ManifestTest {
    private static final Manifest MANIFEST = Samples.manifest();

    private static Manifest with(final Manifest.Source source, final Manifest.Plan plan, final Manifest.Jvm jvm,
                                 final MachineFacts machine, final Manifest.Device device) {
        return new Manifest(MANIFEST.status(), MANIFEST.reasons(), MANIFEST.profile(), MANIFEST.command(),
            MANIFEST.started(), MANIFEST.finished(), source, plan, jvm, machine, MANIFEST.host(), device,
            MANIFEST.groups(), MANIFEST.expectedResults(), MANIFEST.actualResults(), MANIFEST.guard(),
            MANIFEST.failures(), MANIFEST.doctor());
    }

    @Test
    void shouldReadBackWhatWasWritten() {
        assertEquals(MANIFEST, Json.as(Json.parse(Json.write(MANIFEST)), Manifest.class));
    }

    @Test
    void shouldAgreeWithItselfAtAnotherTime() {
        final Manifest later = MANIFEST.ended(RunStatus.OK, List.of(), "2026-01-02T04:00:00Z", "2 2 2", 31,
            MANIFEST.guard(), List.of());
        assertEquals(List.of(), MANIFEST.differences(later));
        assertEquals("2 2 2", later.host().loadAfter());
        assertEquals("0.1 0.1 0.1", later.host().loadBefore());
    }

    @Test
    void shouldNameEverythingThatKeepsARunFromBeingResumed() {
        assertEquals(List.of("commit", "uncommitted change", "build", "JVM", "JVM flags", "device", "plan", "machine"),
            MANIFEST.differences(with(
                new Manifest.Source("fedcba", true, "diff", "other jar", MANIFEST.source().benchmarkClasses()),
                new Manifest.Plan(7, 5, 31, 155, "timing", "other plan"),
                new Manifest.Jvm("25.0.4", "Vendor", "VM", List.of("-Xmx1g"), "COMPILER"),
                new MachineFacts("Some CPU", "Vendor", "6", "85", "7", 4, 16, true),
                new Manifest.Device("a file that was given", "ext4", 512))));
    }
}
