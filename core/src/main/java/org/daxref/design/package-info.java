/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * Who holds a reference on a DAX page, when it is idle and what guards a walk: the policy that the kernel spreads over
 * mm/gup.c, mm/memremap.c, mm/memory.c and fs/dax.c, one class per era.
 */
package org.daxref.design;
