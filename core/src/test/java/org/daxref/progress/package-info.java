/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/** Threads that stop for good at any one access of any operation: what is called lock-free goes on without them. */
package org.daxref.progress;
