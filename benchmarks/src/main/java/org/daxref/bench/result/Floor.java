/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import java.util.List;

/**
 * What a run of the command {@code floor} measured: every window of every process, Java's beside C's. Under which
 * conditions stands in the {@link Manifest} beside it.
 *
 * @param compiler the C compiler's name and version, as it says them
 * @param flags    what it was given
 * @param fenced   whether readers execute a fence, for want of {@code membarrier(2)}
 * @param paths    what was measured on each
 */
public record Floor(String compiler, List<String> flags, boolean fenced, List<Path> paths) {
    /** The page of the path whose Java form is one method: no pin path, but what the others may be held against. */
    public static final String FLAT = "flat";

    /**
     * A pin path. Fork i of Java ran beside process i of C, in blocks of Java, C, C, Java.
     *
     * @param design  who holds references
     * @param counter how the count is changed
     * @param page    {@code own}: one thread; {@code hot}: two threads on one page; {@link #FLAT}
     * @param threads worker threads
     * @param java    ns per operation, a row per fork, a value per iteration
     * @param c       what each process did
     */
    public record Path(String design, String counter, String page, int threads, List<List<Double>> java,
                       List<Process> c) {
        /**
         * The path in one word and its page.
         *
         * @return for example {@code fs-held/cas own}
         */
        public String name() {
            return design + "/" + counter + " " + page;
        }

        /**
         * What an operation took in Java.
         *
         * @return ns, the mean of each fork
         */
        public List<Double> javaMeans() {
            return java.stream().map(Floor::mean).toList();
        }

        /**
         * What an operation took in C.
         *
         * @return ns, the mean of each process
         */
        public List<Double> cMeans() {
            return c.stream().map(Process::mean).toList();
        }
    }

    /**
     * A process of the C program.
     *
     * @param windows a row per measured window, in it what each thread did
     */
    public record Process(List<List<Work>> windows) {
        /**
         * What an operation took: the mean over windows of the mean over threads, as JMH has it.
         *
         * @return ns
         */
        public double mean() {
            return Floor.mean(windows.stream().map(threads -> Floor.mean(threads.stream().map(Work::cost).toList()))
                .toList());
        }
    }

    /**
     * What a thread did in a window.
     *
     * @param operations pins, each with its unpin
     * @param ns         how long the window was
     * @param waitNs     how long the thread was ready to run and had no CPU; -1 where the kernel does not say
     */
    public record Work(long operations, long ns, long waitNs) {
        /**
         * What an operation took.
         *
         * @return ns
         */
        public double cost() {
            return (double) ns / operations;
        }
    }

    private static double mean(final List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }
}
