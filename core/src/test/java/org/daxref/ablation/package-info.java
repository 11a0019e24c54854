/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/** Designs and parts with one rule less each: what the rule is good for. */
package org.daxref.ablation;
