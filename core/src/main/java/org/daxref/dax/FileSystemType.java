/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

/** File systems with DAX, as far as they differ here. */
public enum FileSystemType {
    /** Holds its device without operations: nobody tells it before the device goes. */
    EXT4,

    /**
     * Is told when the device goes, and then sends its mappers SIGBUS and unmaps them
     * (fs/xfs/xfs_notify_failure.c).
     */
    XFS
}
