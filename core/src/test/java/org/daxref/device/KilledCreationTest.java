/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} in the middle of a creation: the path holds a whole device or does not exist, and what lies beside it
 * is gone once the path is created again. Files of other people that have such a name are left alone.
 */
class KilledCreationTest {
    private static final long SEED = Long.getLong("daxref.test.seed", System.nanoTime());
    private static final int KILLS = Integer.getInteger("daxref.test.kills", 5);
    private static final int LONGEST_MS = 30;
    private static final String ABANDONED = ".creating-0123abcd";

    @TempDir
    private Path directory;

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    private Path device(final int number) {
        return directory.resolve(Integer.toString(number));
    }

    @Test
    void shouldLeaveAWholeDeviceOrNoneWhenItIsKilled() throws Exception {
        final Random random = new Random(SEED);
        for (int kill = 0; kill < KILLS; kill++) {
            final Process creator = DeviceCreator.start(directory);
            try {
                Thread.sleep(random.nextInt(LONGEST_MS));
            } finally {
                creator.destroyForcibly().waitFor();
            }
            int created = 0;
            while (Files.exists(device(created))) {
                assertEquals(DeviceCreator.GEOMETRY, PmemDevice.check(device(created)), "seed=" + SEED);
                created++;
            }
            Files.deleteIfExists(device(created - 1));
            PmemDevice.create(device(created), DeviceCreator.GEOMETRY);
            PmemDevice.create(device(created - 1), DeviceCreator.GEOMETRY);
            assertEquals(created + 1, files().size(), "seed=" + SEED + ", files=" + files());
            for (final Path file : files()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void shouldRemoveWhatAnInterruptedCreationLeft() throws IOException {
        PmemDevice.create(device(0), DeviceCreator.GEOMETRY);
        Files.move(device(0), directory.resolve("0" + ABANDONED));
        Files.createFile(directory.resolve("0.creating-0123abce"));

        PmemDevice.create(device(0), DeviceCreator.GEOMETRY);

        assertEquals(List.of(device(0)), files());
    }

    @Test
    void shouldNotRemoveWhatIsStillBeingCreated() throws Exception {
        PmemDevice.create(device(0), DeviceCreator.GEOMETRY);
        final Path busy = Files.move(device(0), directory.resolve("0" + ABANDONED));

        try (DeviceHolder holder = DeviceHolder.start(busy)) {
            PmemDevice.create(device(0), DeviceCreator.GEOMETRY);

            assertTrue(Files.exists(busy));
            assertEquals(0, holder.end());
        }
        assertEquals(DeviceCreator.GEOMETRY, PmemDevice.check(busy));
    }

    @Test
    void shouldNotRemoveSomebodyElsesFile() throws IOException {
        final byte[] thesis = "years of work".repeat(1000).getBytes(StandardCharsets.UTF_8);
        final Path file = Files.write(directory.resolve("0" + ABANDONED), thesis);
        final Path name = Files.createFile(directory.resolve("0.creating-list"));

        PmemDevice.create(device(0), DeviceCreator.GEOMETRY);

        assertArrayEquals(thesis, Files.readAllBytes(file));
        assertTrue(Files.exists(name));
    }
}
