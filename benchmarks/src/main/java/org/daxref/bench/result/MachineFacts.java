/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import java.util.Locale;

/**
 * The facts that make a machine this machine: those that stay the same over a reboot, a new kernel or a new name, and
 * change when numbers stop being comparable. They are what {@code machine.json} holds.
 *
 * @param model      the CPU's name
 * @param vendor     the CPU's maker
 * @param family     CPU family, or {@code unknown}
 * @param modelId    CPU model number, or {@code unknown}
 * @param stepping   CPU stepping, or {@code unknown}
 * @param cpus       logical CPUs
 * @param memoryGib  memory in GiB, rounded
 * @param hypervisor whether the CPU says that it is a virtual one
 */
public record MachineFacts(String model, String vendor, String family, String modelId, String stepping, int cpus,
                           long memoryGib, boolean hypervisor) {
    private static final int HASH_DIGITS = 8;

    /**
     * Refuses what no run wrote.
     */
    public MachineFacts {
        Json.require(model, vendor, family, modelId, stepping);
    }

    /**
     * A short hash over all facts.
     *
     * @return eight hexadecimal digits
     */
    public String fingerprint() {
        return Digest.of(String.join("|", vendor, family, modelId, stepping, Integer.toString(cpus),
            Long.toString(memoryGib), Boolean.toString(hypervisor))).substring(0, HASH_DIGITS);
    }

    /**
     * The name of this machine's folder: what a reader recognises, then what tells it from its twins.
     *
     * @return for example {@code intel-xeon-processor-2cpu-1a2b3c4d}
     */
    public String folderName() {
        final String slug = model.toLowerCase(Locale.ROOT).replaceAll("\\((r|tm)\\)", "").replaceAll("@.*", "")
            .replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
        return slug + "-" + cpus + "cpu-" + fingerprint();
    }
}
