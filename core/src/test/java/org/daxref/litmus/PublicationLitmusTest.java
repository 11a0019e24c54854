/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What is written before something is published, or given back, is seen by who finds it, or takes it over. */
class PublicationLitmusTest {

    private static Litmus fault(final Consumer<HotSpotThread> look) {
        return new Litmus()
            .thread(fault -> fault.putOpaque("descriptor", 1).add("count", 1).add("mapcount", 1)
                .putRelease("entry", 1))
            .thread(walk -> {
                look.accept(walk);
                walk.branch("first").getOpaque("seen", "descriptor").getAndAdd("counted", "count", 1024);
            });
    }

    private static boolean isTooEarly(final Outcome o) {
        return o.read("first") == 1 && (o.read("seen") == 0 || o.read("counted") == 0);
    }

    /** PageMapper.insert against Gup.walkPte. */
    @Test
    void shouldShowAWalkTheDescriptorBehindAnEntry() {
        fault(walk -> walk.getAcquire("first", "entry")).neverEndsWith(PublicationLitmusTest::isTooEarly);
    }

    /** Control: an opaque first look; that Java keeps the dependency of the address is not promised. */
    @Test
    void controlShouldShowAWalkAnOldDescriptorIfTheFirstLookIsOpaque() {
        fault(walk -> walk.getOpaque("first", "entry")).canEndWith(PublicationLitmusTest::isTooEarly);
    }

    private static Litmus create(final Consumer<HotSpotThread> store) {
        return new Litmus()
            .thread(creator -> {
                creator.putOpaque("type", 1).putRelease("mode", 1);
                store.accept(creator);
            })
            .thread(walk -> walk.getAcquire("handle", "array").branch("handle").getAcquire("mode", "mode")
                .getOpaque("type", "type"));
    }

    private static boolean isHalfMade(final Outcome o) {
        return o.read("handle") == 1 && (o.read("mode") == 0 || o.read("type") == 0);
    }

    /** DevPagemaps.create and PagemapArray.store against PagemapArray.load and PercpuRef.tryGetLive. */
    @Test
    void shouldShowAWholePagemapBehindAHandle() {
        create(creator -> creator.putRelease("array", 1)).neverEndsWith(PublicationLitmusTest::isHalfMade);
    }

    /** Control: a handle that is stored opaquely overtakes what it names. */
    @Test
    void controlShouldShowHalfAPagemapIfItsHandleIsStoredOpaquely() {
        create(creator -> creator.putOpaque("array", 1)).canEndWith(PublicationLitmusTest::isHalfMade);
    }

    /**
     * A folio is split while it is idle, and its head then lives on as a small page. A walk that came with the old link
     * counts the head, and must find the link gone: Memmap.splitFolio against RefcountDesign.tryGrabFast.
     */
    @Test
    void shouldFindTheSplitAfterCountingInANewLife() {
        new Litmus().initially("link", 1)
            .thread(owner -> owner.putOpaque("link", 0).add("count", 1))
            .thread(walk -> walk.getOpaque("old", "link").branch("old").getAndAdd("seen", "count", 1024)
                .branch("seen").getOpaque("second", "link"))
            .neverEndsWith(o -> o.read("old") == 1 && o.read("seen") == 1 && o.read("second") == 1);
    }

    /** Control: with LSE an addition whose result nobody uses acquires nothing. */
    @Test
    void controlShouldMissTheSplitIfTheWalkDoesNotUseTheCount() {
        new Litmus().initially("link", 1)
            .thread(owner -> owner.putOpaque("link", 0).putRelease("count", 1))
            .thread(walk -> walk.add("count", 1024).getOpaque("second", "link"))
            .canEndWith(o -> o.at("count") == 1025 && o.read("second") == 1, code -> code.lse());
    }

    private static Litmus removal(final Consumer<HotSpotThread> lastUnpin) {
        return new Litmus().initially("count", 1).initially("pgmap", 5)
            .thread(lastUnpin)
            .thread(removal -> removal.getVolatile("left", "count").branch("left").putOpaque("pgmap", 0));
    }

    private static boolean isWiped(final Outcome o) {
        return o.read("left") == 0 && o.read("pgmap") == 0;
    }

    /** DevPagemapDesign.unpin asks whose the page is before it lets go: Memmap.remove comes after the count of 0. */
    @Test
    void shouldKnowThePagemapOfAPageThatItLetsGo() {
        removal(unpin -> unpin.getOpaque("pgmap", "pgmap").getAndAdd("before", "count", -1))
            .neverEndsWith(PublicationLitmusTest::isWiped);
    }

    /** Control: asked afterwards, it may be wiped. */
    @Test
    void controlShouldNotKnowThePagemapAfterLettingGo() {
        removal(unpin -> unpin.getAndAdd("before", "count", -1).getOpaque("pgmap", "pgmap"))
            .canEndWith(PublicationLitmusTest::isWiped);
    }

    /** An owner who finds the page idle and gives its block away comes after the last use: PageCounter.put. */
    @Test
    void shouldEndTheUseOfAPageBeforeItIsIdle() {
        using(unpin -> unpin.getAndAdd("before", "count", -1024))
            .neverEndsWith(o -> o.read("left") == 0 && (o.read("used") == -1 || o.read("seen") == 0));
    }

    private static Litmus using(final Consumer<HotSpotThread> unpin) {
        return new Litmus().initially("count", 1024)
            .thread(user -> unpin.accept(user.getOpaque("used", "block").putOpaque("mark", 1)))
            .thread(owner -> owner.getVolatile("left", "count").branch("left").putOpaque("block", -1)
                .getOpaque("seen", "mark"));
    }

    /** Controls: an unpin that does not release lets a load out, and a store. */
    @Test
    void controlShouldUseAPageAfterAnOpaqueUnpin() {
        using(unpin -> unpin.putOpaque("count", 0)).canEndWith(o -> o.read("left") == 0 && o.read("used") == -1);
        using(unpin -> unpin.putOpaque("count", 0)).canEndWith(o -> o.read("left") == 0 && o.read("seen") == 0);
    }
}
