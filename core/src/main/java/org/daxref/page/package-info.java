/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * Page descriptors and the ways to count references in them: struct page, page_ref.h and the grab functions of gup.c.
 */
package org.daxref.page;
