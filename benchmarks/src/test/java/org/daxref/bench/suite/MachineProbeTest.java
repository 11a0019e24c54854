/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.MachineFacts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

class MachineProbeTest {
    private static final String CPU = """
        processor\t: %d
        vendor_id\t: GenuineIntel
        cpu family\t: 6
        model\t\t: 85
        model name\t: Intel(R) Xeon(R) Processor @ 2.60GHz
        stepping\t: 7
        cpu MHz\t\t: %d.5
        flags\t\t: fpu hypervisor tsc
        bogomips\t: %d.0

        """;

    @TempDir
    private Path root;

    private void write(final String file, final String text) throws IOException {
        Files.createDirectories(root.resolve(file).getParent());
        Files.writeString(root.resolve(file), text);
    }

    private MachineFacts facts(final int mhz) throws IOException {
        write("proc/cpuinfo", CPU.formatted(0, mhz, 2 * mhz) + CPU.formatted(1, mhz + 1, 2 * mhz + 1));
        write("proc/meminfo", "MemTotal:       " + (16_300_000 + mhz) + " kB\n");
        return new MachineProbe(new SystemFiles(root)).facts();
    }

    @Test
    void shouldReadTheStableFacts() throws IOException {
        assertEquals(new MachineFacts("Intel(R) Xeon(R) Processor @ 2.60GHz", "GenuineIntel", "6", "85", "7", 2, 16,
            true), facts(2600));
    }

    @Test
    void shouldNotTakeADriftingClockForAnotherMachine() throws IOException {
        assertEquals(facts(2600).folderName(), facts(3100).folderName());
        assertEquals("intel-xeon-processor-2cpu-" + facts(2600).fingerprint(), facts(2600).folderName());
    }

    @Test
    void shouldTellMachinesApart() throws IOException {
        final MachineFacts facts = facts(2600);
        assertNotEquals(facts.fingerprint(), new MachineFacts(facts.model(), facts.vendor(), facts.family(),
            facts.modelId(), facts.stepping(), 4, facts.memoryGib(), facts.hypervisor()).fingerprint());
        assertNotEquals(facts.fingerprint(), new MachineFacts(facts.model(), facts.vendor(), facts.family(),
            facts.modelId(), facts.stepping(), facts.cpus(), facts.memoryGib(), false).fingerprint());
    }

    @Test
    void shouldDescribeAMachineThatSaysNothing() {
        final MachineFacts facts = new MachineProbe(new SystemFiles(root)).facts();
        assertEquals("unknown", facts.vendor());
        assertEquals(0, facts.memoryGib());
        assertEquals("unknown", new MachineProbe(new SystemFiles(root)).host().governor());
    }

    @Test
    void shouldNameTheFileSystemUnderAPath() throws IOException {
        write("proc/self/mountinfo", """
            22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
            23 22 0:20 / /dev/shm rw,nosuid - tmpfs tmpfs rw
            24 22 259:1 / /mnt/pmem\\040one rw - xfs /dev/pmem0 rw,dax=always
            """);
        final MachineProbe probe = new MachineProbe(new SystemFiles(root));
        assertEquals("ext4", probe.fileSystem(Path.of("/dev/shmem/file")));
        assertEquals("tmpfs", probe.fileSystem(Path.of("/dev/shm/file")));
        assertEquals("xfs dax", probe.fileSystem(Path.of("/mnt/pmem one/file")));
    }
}
