/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

/** How a page is taken. */
public enum Foll {
    /** A reference: FOLL_GET, dropped by put_page. */
    GET,
    /** A pin: FOLL_PIN, dropped by unpin_user_pages. */
    PIN
}
