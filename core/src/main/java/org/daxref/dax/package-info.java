/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * Files on the device: which page lies at which offset, and what a fault does about it. Counterpart of fs/dax.c.
 */
package org.daxref.dax;
