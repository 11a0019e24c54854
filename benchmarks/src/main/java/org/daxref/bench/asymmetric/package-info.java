/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */

/**
 * Threads that do different things to the same pages: who pins, and who takes the pages away. Each class is a group of
 * roles, and every role has a result of its own.
 */
package org.daxref.bench.asymmetric;
