/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which blocks belong to several files, and to how many: the counterpart of xfs's reference count btree. Runs of blocks
 * with the same number of owners are kept as one, so the size depends on how often files were shared and copied, and
 * not on how large they are.
 *
 * <p>Thread-safe; blocking.
 */
final class SharedBlocks {
    private final TreeMap<Long, Run> runs = new TreeMap<>();

    /** Blocks from the key of the map on. */
    private record Run(long end, long owners) {
    }

    /** Takes a run of blocks. */
    @FunctionalInterface
    interface BlockRun {
        void accept(long first, long count);
    }

    /** Whether a block has more than one owner. */
    synchronized boolean isShared(final long block) {
        return runAt(block) != null;
    }

    /** One owner more for each block of a run. */
    synchronized void add(final long first, final long count) {
        for (final Piece piece : pieces(first, count)) {
            replace(piece, piece.owners() + 1);
        }
    }

    /**
     * One owner less for each block of a run.
     *
     * @param last told which blocks have no owner left, once for each run of them
     */
    synchronized void remove(final long first, final long count, final BlockRun last) {
        for (final Piece piece : pieces(first, count)) {
            if (piece.owners() == 1) {
                last.accept(piece.first(), piece.end() - piece.first());
            } else {
                replace(piece, piece.owners() - 1);
            }
        }
    }

    /** How many runs there are. */
    synchronized int runs() {
        return runs.size();
    }

    /** A part of a run that was asked for, all of whose blocks have the same number of owners. */
    private record Piece(long first, long end, long owners) {
    }

    private List<Piece> pieces(final long first, final long count) {
        final List<Piece> pieces = new ArrayList<>();
        final long end = first + count;
        long at = first;
        while (at < end) {
            final Run run = runAt(at);
            final Long next = runs.higherKey(at);
            final long pieceEnd = Math.min(end, run != null ? run.end() : next != null ? next : end);
            pieces.add(new Piece(at, pieceEnd, run != null ? run.owners() : 1));
            at = pieceEnd;
        }
        return pieces;
    }

    private Run runAt(final long block) {
        final Map.Entry<Long, Run> run = runs.floorEntry(block);
        return run != null && run.getValue().end() > block ? run.getValue() : null;
    }

    /** Cuts the run around a piece to the piece, and gives that its owners. */
    private void replace(final Piece piece, final long owners) {
        final Map.Entry<Long, Run> around = runs.floorEntry(piece.first());
        if (around != null && around.getValue().end() > piece.first()) {
            final Run old = runs.remove(around.getKey());
            put(around.getKey(), piece.first(), old.owners());
            put(piece.end(), old.end(), old.owners());
        }
        put(piece.first(), piece.end(), owners);
    }

    /** Puts a run where none is, and joins it with its neighbours if it has as many owners as they. */
    private void put(final long first, final long end, final long owners) {
        if (first == end || owners == 1) {
            return;
        }
        long from = first;
        long to = end;
        final Map.Entry<Long, Run> before = runs.lowerEntry(first);
        if (before != null && before.getValue().equals(new Run(first, owners))) {
            from = before.getKey();
        }
        final Run after = runs.get(end);
        if (after != null && after.owners() == owners) {
            runs.remove(end);
            to = after.end();
        }
        runs.put(from, new Run(to, owners));
    }
}
