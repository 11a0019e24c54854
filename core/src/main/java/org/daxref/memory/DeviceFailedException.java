/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

/**
 * An operation that the memory of the device has failed: its file was cut short under the mapping, or its disk is full
 * and a page that was never written cannot be had. The JVM reports both as an {@link InternalError}, which is the
 * cause. Whoever throws this has undone what it had begun.
 *
 * <p>Interpreted code reports the error at the access. Compiled code may report it some instructions later, and an
 * access that failed reads nothing meaningful meanwhile; a device whose memory has failed is to be closed. Of
 * an interpreted compare-and-exchange JDK 25 does not report it: it ends the process by SIGBUS. Operations here read a
 * word before they exchange it, which leaves the moment between the two.
 */
public final class DeviceFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** How the JVM tells an access to mapped memory that failed from its own faults. */
    private static final String MEMORY_ACCESS = "unsafe memory access";

    private DeviceFailedException(final InternalError cause) {
        super("the memory of the device failed: was its file cut short, or is its disk full?", cause);
    }

    /**
     * What a public operation throws in place of an error of the JVM.
     *
     * @param error what was thrown inside
     * @return the exception, if the error is that of an access to mapped memory
     * @throws InternalError the error itself if it is another
     */
    public static DeviceFailedException insteadOf(final InternalError error) {
        if (error.getMessage() == null || !error.getMessage().contains(MEMORY_ACCESS)) {
            throw error;
        }
        return new DeviceFailedException(error);
    }
}
