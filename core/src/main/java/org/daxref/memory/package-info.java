/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * The bottom layer: a mapped file and the one seam through which every shared word in it is read and written.
 */
package org.daxref.memory;
