/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.soak;

import java.util.List;
import java.util.stream.Stream;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.FileSystem;
import org.daxref.random.Slot;

/**
 * A device with a file system on it, from its making to its removal.
 *
 * @param device     where it lies
 * @param fileSystem what lies there
 * @param sharing    whether files may share blocks
 * @param names      of the files
 */
record Mount(DaxDevice device, FileSystem fileSystem, boolean sharing, List<Slot> names) {

    /** The same without names: who has a file open keeps it, nobody opens one any more. {@code umount --lazy}. */
    Mount detached() {
        return new Mount(device, fileSystem, sharing, Stream.generate(Slot::gone).limit(names.size()).toList());
    }
}
