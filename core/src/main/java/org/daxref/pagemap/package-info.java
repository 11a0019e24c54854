/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * The dev_pagemap of a device, the percpu_ref that keeps it alive and the array that finds it: mm/memremap.c and
 * lib/percpu-refcount.c.
 */
package org.daxref.pagemap;
