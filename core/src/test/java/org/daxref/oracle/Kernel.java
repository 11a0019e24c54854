/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.oracle;

import java.util.List;
import java.util.stream.Stream;
import org.daxref.dax.FileSystemType;

/** A kernel that was booted: its era, and the file system on the device. */
record Kernel(Era era, FileSystemType type) {

    static List<Kernel> all() {
        return Stream.of(Era.values())
            .flatMap(era -> Stream.of(FileSystemType.values()).map(type -> new Kernel(era, type))).toList();
    }

    static Stream<Kernel> ext4() {
        return on(FileSystemType.EXT4);
    }

    static Stream<Kernel> xfs() {
        return on(FileSystemType.XFS);
    }

    private static Stream<Kernel> on(final FileSystemType type) {
        return all().stream().filter(kernel -> kernel.type == type);
    }

    boolean isOld() {
        return era == Era.OLD;
    }

    @Override
    public String toString() {
        return era + " " + type;
    }
}
