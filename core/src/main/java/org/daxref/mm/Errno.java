/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

/** Error numbers that walks return with a minus sign, as the kernel's functions do. */
public final class Errno {
    /** A signal came while waiting. */
    public static final int EINTR = 4;

    /** The count of a page is not positive. */
    public static final int ENOMEM = 12;

    /** Nothing is mapped there, or the access ends in SIGBUS. */
    public static final int EFAULT = 14;

    /** The file system does not let its pages be held for long. */
    public static final int EOPNOTSUPP = 95;

    private Errno() {
    }
}
