/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import org.daxref.design.RefcountDesign;
import org.daxref.device.DeviceGeometry;
import org.daxref.memory.Words;
import org.daxref.mm.PageMapper;
import org.daxref.page.Memmap;
import org.daxref.sync.Epochs;
import org.daxref.sync.WaitTable;

/**
 * What file systems and files of a machine work with.
 *
 * @param words      access to the device
 * @param geometry   where everything lies
 * @param epochs     read sections and grace periods
 * @param waits      where waiters sleep
 * @param memmap     the pages
 * @param design     who holds references
 * @param mapper     writes page-table entries
 * @param entrySpace room for the entries of files, in bytes of the device
 */
public record DaxParts(Words words, DeviceGeometry geometry, Epochs epochs, WaitTable waits, Memmap memmap,
                       RefcountDesign design, PageMapper mapper, FreeSpace entrySpace) {
}
