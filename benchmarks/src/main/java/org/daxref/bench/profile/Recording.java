/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.profile;

import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import one.convert.Arguments;
import one.convert.JfrToFlame;
import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.SuiteException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What async-profiler recorded of one fork, in the format of JDK Flight Recorder.
 *
 * @param file  the recording
 * @param event what it took samples at
 */
public record Recording(Path file, ProfilerEvent event) {

    /**
     * The stacks in it.
     *
     * @return those of the benchmark's measured method
     * @throws SuiteException when the recording cannot be read
     */
    public Stacks stacks() {
        final List<String> arguments = new ArrayList<>(List.of("--output", "collapsed", "--simple", "--norm"));
        if (!event.isTime()) {
            arguments.addAll(List.of("--" + event.label(), "--total"));
        }
        final ByteArrayOutputStream collapsed = new ByteArrayOutputStream();
        try {
            JfrToFlame.parse(file.toString(), new Arguments(arguments.toArray(String[]::new))).dump(collapsed);
        } catch (final IOException e) {
            throw unreadable(e);
        }
        return Stacks.parse(collapsed.toString(StandardCharsets.UTF_8));
    }

    /**
     * What took the samples. It need not be what was asked for: async-profiler takes a timer where perf_events is not
     * there or not allowed, and says so only here.
     *
     * @return for example {@code perf_events} or {@code ctimer}
     * @throws SuiteException when the recording cannot be read
     */
    public String engine() {
        try (RecordingFile recording = new RecordingFile(file)) {
            while (recording.hasMoreEvents()) {
                final RecordedEvent setting = recording.readEvent();
                if (setting.getEventType().getName().equals("jdk.ActiveSetting")
                    && "engine".equals(setting.getString("name"))) {
                    return setting.getString("value");
                }
            }
            return event.label();
        } catch (final IOException e) {
            throw unreadable(e);
        }
    }

    private SuiteException unreadable(final IOException e) {
        return new SuiteException("Cannot read the recording " + file + ": " + AtomicFiles.reason(e) + ".", e);
    }
}
