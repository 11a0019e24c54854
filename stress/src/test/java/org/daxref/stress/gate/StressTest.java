/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress.gate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.openjdk.jcstress.infra.runners.TestList;

/** The races on real processors: no form shows what it must not, and every control shows what it must. */
final class StressTest {
    private static final Path TARGET = Path.of("target");

    /** A subject that jcstress does not list would never run; one that the gate does not list would not be missed. */
    @Test
    void shouldKnowEveryTest() {
        assertEquals(StressGate.expectedTests(), new TreeSet<>(TestList.tests()));
    }

    @Test
    void shouldSeeNothingForbiddenAndEveryControlFail() throws IOException {
        final Path folder = Files.createTempDirectory(Files.createDirectories(TARGET), "jcstress-").toAbsolutePath();
        final StressGate gate = new StressGate(folder, Integer.getInteger("daxref.test.jcstressMs", 250),
            Boolean.getBoolean("daxref.test.jcstressAllJvms"));

        final List<String> complaints = gate.run();

        Files.write(folder.resolve("outcomes.txt"), gate.table());
        gate.table().forEach(System.out::println);
        assertEquals(List.of(), complaints, () -> "see " + folder);
    }
}
