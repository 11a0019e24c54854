/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * The file that stands in for a persistent-memory or CXL namespace: its format, its creation and its checks.
 */
package org.daxref.device;
