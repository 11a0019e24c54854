/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * What happens when, under each design: scenarios that are played step by step on a machine of their own and record
 * what can be seen after every step. Tests assert on the records, {@code run-bench.sh explain} prints them.
 */
package org.daxref.scenario;
