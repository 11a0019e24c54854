/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.fault;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.daxref.Machine;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.memory.WordsKind;

/**
 * Operations by accesses: each operation of {@link Deed} is tried once for each of its accesses, or, in the short form,
 * for some that a seed chooses, as many as fit into a time. A trial that fails or hangs is noted, its machine is left,
 * and the campaign goes on with another.
 */
public final class Campaign {
    /** The name of a thread that a trial stops. */
    public static final String VICTIM = "victim";

    private static final long SEED = Long.getLong("daxref.test.seed", System.nanoTime());
    private static final long ONLY_ACCESS = Long.getLong("daxref.test.access", 0);
    private static final boolean EXHAUSTIVE = Boolean.getBoolean("daxref.test.everySetup");
    private static final List<String> COUNTERS = List.of("cas", "xadd", "striped", "striped-asym", "hazard");
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(Long.getLong("daxref.test.patienceSeconds", 20));
    private static final long OPENING_NS = TimeUnit.SECONDS.toNanos(60);
    private static final int TRIALS_PER_DEED = 4;
    private static final int TRIALS_PER_VISIT = 100;

    /** Where an operation does the same 512 times, or a trial is dear, not every access is tried. */
    private static final int TRIED_ONE_BY_ONE = 16;
    private static final int LATER_STEP = 13;
    private static final int LATE_WAY = 2;

    private static final int MOST_SHOWN = 100;
    private static final int MOST_CHARACTERS = 2000;

    private final Tier tier;
    private final List<Deed> deeds;
    private final long patienceNs;
    private final Map<String, List<String>> failures = new LinkedHashMap<>();
    private int trials;

    /** What is done at an access. */
    public interface Tier {
        /** A ground for many trials. */
        Ground open(Setup setup, boolean large);

        /** How many accesses the operation makes if nothing happens. */
        long accesses(Ground ground, Deed deed) throws Exception;

        /** Something happens at an access, counted from 1. Returns false if the operation did not come so far. */
        boolean attempt(Ground ground, Deed deed, long access, int way) throws Exception;

        /** In how many ways it can happen. */
        int ways(Deed deed);

        /** The last access, or whatever a way counts, that is worth a trial. */
        default long most(final int way, final long accesses) {
            return accesses;
        }

        /** Where it happened. */
        StackTraceElement[] where();

        /** Whether it can happen to an operation. */
        boolean concerns(Setup setup, Deed deed);
    }

    /** The k-th access of an operation. */
    private record Point(Setup setup, Deed deed, long access, int way) {
        @Override
        public String toString() {
            return setup + "; " + deed + "; access=" + access + ", way=" + way;
        }
    }

    public Campaign(final Tier tier) {
        this(tier, System.getProperty("daxref.test.deed", ""), PATIENCE_NS);
    }

    /** Only of operations whose name begins so; how long a trial may take. */
    public Campaign(final Tier tier, final String only, final long patienceNs) {
        this.tier = tier;
        this.deeds = Deed.all().stream().filter(deed -> deed.toString().startsWith(only)).toList();
        this.patienceNs = patienceNs;
    }

    /** Every design with the kernel's counter and those beyond it. */
    public static List<Setup> setups() {
        final List<Setup> setups = new ArrayList<>();
        for (final String design : Machine.designNames()) {
            for (final String counter : COUNTERS) {
                setups.add(new Setup(design, counter, WordsKind.SEGMENT));
            }
        }
        setups.removeIf(setup -> !setup.toString().startsWith(System.getProperty("daxref.test.setup", "")));
        return setups;
    }

    public static boolean isExhaustive() {
        return EXHAUSTIVE;
    }

    /** Every access of every operation. */
    public void runAll(final Setup setup) throws InterruptedException {
        final long begun = System.nanoTime();
        final int before = trials;
        for (final boolean large : new boolean[]{false, true}) {
            runWatched(setup, large, new Every(setup, large));
        }
        System.out.println(setup + ": trials=" + (trials - before) + ", ms="
            + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
    }

    /** So much as fits into a time. */
    public void runSome(final List<Setup> setups, final long ms) throws InterruptedException {
        final long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
        final SplittableRandom random = new SplittableRandom(SEED);
        while (!Race.isOver(deadline)) {
            final Setup setup = setups.get(random.nextInt(setups.size()));
            final boolean large = random.nextInt(8) == 0;
            runWatched(setup, large, new Some(setup, large, random.split(), deadline));
        }
    }

    /** Every access of every operation, until one fails. */
    public void runUntilFailure(final Setup setup) throws InterruptedException {
        runWatched(setup, false, new Every(setup, false) {
            @Override
            Point next(final Ground ground, final boolean reached) {
                return failures.isEmpty() ? super.next(ground, reached) : null;
            }
        });
    }

    /** Throws what was found. */
    public void end() {
        if (!failures.isEmpty()) {
            final StringBuilder text = new StringBuilder("seed=" + SEED + ", trials=" + trials + ", kinds of failures="
                + failures.size());
            failures.entrySet().stream().limit(MOST_SHOWN).forEach(entry -> text.append("\n").append(entry.getKey())
                .append("\n    ").append(entry.getValue().size()).append(" times, first at ")
                .append(entry.getValue().getFirst()));
            throw new AssertionError(text.toString());
        }
    }

    /** What has failed, in words. */
    public List<String> failures() {
        return List.copyOf(failures.keySet());
    }

    public int trials() {
        return trials;
    }

    /** Which accesses are tried. */
    private abstract class Plan {
        final Setup setup;
        final boolean large;
        final List<Deed> fitting;
        Point current;

        Plan(final Setup setup, final boolean large) {
            this.setup = setup;
            this.large = large;
            this.fitting = deeds.stream().filter(deed -> deed.state().isLarge() == large
                && Ground.knows(setup, deed.state()) && tier.concerns(setup, deed)).toList();
        }

        abstract Point next(Ground ground, boolean reached) throws Exception;
    }

    private class Every extends Plan {
        private int deed;
        private long access;
        private int way;

        Every(final Setup setup, final boolean large) {
            super(setup, large);
        }

        @Override
        Point next(final Ground ground, final boolean reached) {
            if (!reached || access != 0 && ONLY_ACCESS != 0) {
                access = 0;
                way++;
            }
            if (deed < fitting.size() && way == tier.ways(fitting.get(deed))) {
                way = 0;
                deed++;
            }
            access += access == 0 && ONLY_ACCESS != 0 ? ONLY_ACCESS
                : access < TRIED_ONE_BY_ONE || !large && way != LATE_WAY ? 1 : LATER_STEP;
            return deed >= fitting.size() ? null : new Point(setup, fitting.get(deed), access, way);
        }
    }

    private final class Some extends Plan {
        private final SplittableRandom random;
        private final long deadline;
        private Deed deed;
        private long accesses;
        private int left;
        private int tried;

        Some(final Setup setup, final boolean large, final SplittableRandom random, final long deadline) {
            super(setup, large);
            this.random = random;
            this.deadline = deadline;
        }

        @Override
        Point next(final Ground ground, final boolean reached) throws Exception {
            if (Race.isOver(deadline) || fitting.isEmpty() || ++tried > TRIALS_PER_VISIT) {
                return null;
            }
            if (left == 0) {
                deed = fitting.get(random.nextInt(fitting.size()));
                current = new Point(setup, deed, 0, 0);
                accesses = tier.accesses(ground, deed);
                left = TRIALS_PER_DEED;
            }
            left--;
            final int way = random.nextInt(tier.ways(deed));
            return new Point(setup, deed, 1 + random.nextLong(Math.max(1, tier.most(way, accesses))), way);
        }
    }

    private void runWatched(final Setup setup, final boolean large, final Plan plan) throws InterruptedException {
        boolean more = true;
        while (more) {
            final Visit visit = new Visit(setup, large, plan);
            final Thread thread = Thread.ofPlatform().daemon().start(visit);
            while (thread.isAlive() && System.nanoTime() - visit.beat < patienceNs) {
                thread.join(5);
            }
            if (thread.isAlive()) {
                note(plan.current, new AssertionError("hangs: " + where(thread.getStackTrace()) + victim()
                    + "; " + visit.ground));
                visit.abandoned = true;
            }
            more = visit.failed || thread.isAlive();
            if (more && plan instanceof final Some some && Race.isOver(some.deadline)) {
                more = false;
            }
        }
    }

    /** Where the thread stands that something happened to, if it has this name. */
    private static String victim() {
        final StringBuilder text = new StringBuilder();
        Thread.getAllStackTraces().keySet().stream().filter(thread -> VICTIM.equals(thread.getName()))
            .forEach(thread -> text.append("; victim: ").append(where(thread.getStackTrace())));
        return text.toString();
    }

    private static String where(final StackTraceElement[] frames) {
        final StringBuilder text = new StringBuilder();
        for (final StackTraceElement frame : frames) {
            if (frame.getClassName().startsWith("org.daxref") && !frame.getClassName().contains("Words")
                && text.length() < MOST_CHARACTERS) {
                text.append(frame.getFileName()).append(':').append(frame.getLineNumber()).append(' ');
            }
        }
        return text.toString();
    }

    /** Trials on one ground, until one fails. */
    private final class Visit implements Runnable {
        private final Setup setup;
        private final boolean large;
        private final Plan plan;
        private volatile long beat = System.nanoTime() + OPENING_NS;
        private volatile boolean failed;
        private volatile boolean abandoned;
        private volatile Ground ground;

        Visit(final Setup setup, final boolean large, final Plan plan) {
            this.setup = setup;
            this.large = large;
            this.plan = plan;
        }

        @Override
        public void run() {
            ground = tier.open(setup, large);
            try {
                boolean reached = true;
                for (Point point = plan.next(ground, reached); point != null; point = plan.next(ground, reached)) {
                    plan.current = point;
                    trials++;
                    beat = System.nanoTime();
                    reached = tier.attempt(ground, point.deed, point.access, point.way);
                    if (abandoned) {
                        return;
                    }
                    if (ground.isSpent()) {
                        ground.abandon();
                        beat = System.nanoTime() + OPENING_NS;
                        ground = tier.open(setup, large);
                    }
                }
                ground.close();
            } catch (final Throwable e) {
                if (!abandoned) {
                    failed = true;
                    note(plan.current, e);
                    ground.abandon();
                }
            }
        }
    }

    /** Failures that differ in numbers only are of one kind. */
    private synchronized void note(final Point point, final Throwable failure) {
        final StringBuilder text = new StringBuilder(point == null ? "" : point.deed.name());
        text.append(": ").append(String.valueOf(failure).replaceAll("[0-9]{8,}", "#"));
        final Throwable cause = failure.getCause();
        if (cause != null) {
            text.append("; ").append(cause);
        }
        if (!(failure instanceof AssertionError) || failure.getMessage() == null) {
            text.append(" < ").append(where(failure.getStackTrace()));
        }
        if (EXHAUSTIVE && !failures.containsKey(text.toString())) {
            System.out.println(point + ": " + text + ", at " + where(tier.where()));
        }
        failures.computeIfAbsent(text.toString(), key -> new ArrayList<>())
            .add(point + ", at " + where(tier.where()));
    }
}
