/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * Page tables and what walks, fills and clears them: mm/gup.c and mm/memory.c.
 */
package org.daxref.mm;
