/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.device;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.daxref.Machine;

/** Another process that creates one device after the other until it is killed. */
final class DeviceCreator {
    static final DeviceGeometry GEOMETRY = Machine.geometry(16);

    private DeviceCreator() {
    }

    /** Starts the process and waits until it has created its first device. */
    static Process start(final Path directory) throws IOException {
        final Process process = new ProcessBuilder(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m",
            "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
            DeviceCreator.class.getName(), directory.toString())).redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
        if (process.getInputStream().read() < 0) {
            throw new IOException("the other process created no device");
        }
        return process;
    }

    /** Devices 0, 1, 2 and so on. */
    public static void main(final String[] arguments) {
        int next = 0;
        while (true) {
            PmemDevice.create(Path.of(arguments[0], Integer.toString(next)), GEOMETRY);
            if (next == 0) {
                System.out.println("created");
            }
            next++;
        }
    }
}
