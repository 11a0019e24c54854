/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.device;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.daxref.memory.SegmentWords;
import org.daxref.memory.Words;

/** Another process that has a device open until it is told to close it, or is killed. */
final class DeviceHolder implements AutoCloseable {
    static final long MARK = 0x0BAD_CAFEL;

    private final Process process;

    private DeviceHolder(final Process process) {
        this.process = process;
    }

    /** Starts the process and waits until it has the device open. */
    static DeviceHolder start(final Path path) throws IOException {
        final Process process = new ProcessBuilder(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m",
            "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
            DeviceHolder.class.getName(), path.toString())).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        final BufferedReader reader =
            new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        final String answer = reader.readLine();
        if (!"open".equals(answer)) {
            process.destroyForcibly();
            throw new IOException("the other process could not open the device: answer=" + answer);
        }
        return new DeviceHolder(process);
    }

    /** The process's body: marks a page descriptor and a page's data, and waits. */
    public static void main(final String[] arguments) throws IOException {
        try (PmemDevice device = PmemDevice.open(Path.of(arguments[0]))) {
            final Words words = new SegmentWords(device.region().segment());
            words.putLongRelease(device.geometry().memmapOffset(), MARK);
            words.putLongRelease(device.geometry().dataOffset(), MARK);
            System.out.println("open");
            if (System.in.read() < 0) {
                throw new IOException("nobody waits for this process any more");
            }
        } catch (final DeviceException e) {
            System.out.println(e.getMessage());
        }
    }

    /** {@code kill -9}. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Lets the process close the device and end. */
    int end() throws IOException, InterruptedException {
        process.getOutputStream().write(1);
        process.getOutputStream().flush();
        return process.waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
