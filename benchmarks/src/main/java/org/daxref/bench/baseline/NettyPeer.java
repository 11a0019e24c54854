/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;

/**
 * Netty's reference count: {@code retain} adds and looks at what was there, {@code release} exchanges in a loop, which
 * marks the object as dead in the same step ({@code io.netty.util.internal.RefCnt}, 4.2).
 */
final class NettyPeer extends Peer {
    private final byte[] before = spacer();
    private final Counted counted = new Counted();
    private final byte[] after = spacer();

    private NettyPeer() {
    }

    static Peer create() {
        return new NettyPeer();
    }

    /**
     * Something that is counted. The count is an object of its own, which is made right behind this one; the fields
     * keep it off the line from which the reference to it is read.
     */
    private static final class Counted extends AbstractReferenceCounted {
        private long spacer0;
        private long spacer1;
        private long spacer2;
        private long spacer3;
        private long spacer4;
        private long spacer5;
        private long spacer6;
        private long spacer7;

        @Override
        protected void deallocate() {
            // there is nothing to free
        }

        @Override
        public ReferenceCounted touch(final Object hint) {
            return this;
        }
    }

    @Override
    long take() {
        counted.retain();
        return 1;
    }

    @Override
    void drop(final long taken) {
        counted.release();
    }

    @Override
    void checkBooks() {
        requireCount(1, counted.refCnt());
    }
}
