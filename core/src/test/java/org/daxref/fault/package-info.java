/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/** Memory that fails at any one access of any operation: nothing stays held, and the next operation works. */
package org.daxref.fault;
