/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * The model's composition root.
 */
package org.daxref;
