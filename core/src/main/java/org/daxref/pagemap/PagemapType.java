/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.pagemap;

/** What a dev_pagemap is for: {@code enum memory_type}, the two types that file systems and device-dax use. */
public enum PagemapType {
    /** A file system maps the pages: {@code MEMORY_DEVICE_FS_DAX}. */
    FS_DAX,
    /** A character device maps the pages: {@code MEMORY_DEVICE_GENERIC}. */
    GENERIC
}
