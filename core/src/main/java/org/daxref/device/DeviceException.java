/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.device;

/**
 * A device file that cannot be made or used. The message is one sentence that says which file, why, and what to do, fit
 * to be shown to a person as it is.
 */
public final class DeviceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A refusal.
     *
     * @param message one sentence
     */
    public DeviceException(final String message) {
        super(message);
    }

    /**
     * A refusal with the operating system's reason behind it.
     *
     * @param message one sentence
     * @param cause   what the operating system said
     */
    public DeviceException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
