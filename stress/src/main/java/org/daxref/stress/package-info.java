/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * Races on real processors, by jcstress: each claim about the order of memory accesses on the mapped device file has a
 * class, which holds a simple model of it in ordinary Java atomics, the actual production classes, and a broken control
 * whose bad outcome must be seen, or the other two prove nothing. In the rules of a subject everything is forbidden
 * that is not named; a control adds the outcome that it must show, as interesting.
 */
package org.daxref.stress;
