/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import java.util.function.Consumer;
import java.util.function.Predicate;
import org.daxref.litmus.HotSpotThread.Code;
import org.junit.jupiter.api.Test;

/**
 * Pins that are kept with their CPU, against the gatherer who brings them into the word of the page. Never may a pin go
 * to a slot where the gatherer has looked already, and never may a walk be granted a page through an entry that was
 * cleared before.
 *
 * <p>In place of the counters' values: a word of 1 is counted, 100 is striped, 200 is gathering; a slot holds 0 or the
 * pin.
 */
class KeptPinLitmusTest {
    private static final int PIN = 1024;
    private static final int STRIPED = 100;
    private static final int GATHERING = 200;

    private static final Predicate<Outcome> LOST = o -> o.read("still") == STRIPED && o.read("found") == STRIPED
        && o.read("part") == 0;
    private static final Predicate<Outcome> LOST_IN_SECTION = o -> o.read("look") == STRIPED
        && o.read("found") == STRIPED && o.read("inside") != 1 && o.read("part") == 0;
    private static final Predicate<Outcome> THROUGH_CLEARED_ENTRY = o -> o.read("zapped") == 1
        && o.read("unstriped") == 1 && o.read("stripes") == 1 && o.read("look") == STRIPED && o.read("second") == 1;

    private static Litmus striped() {
        return new Litmus().initially("word", STRIPED).initially("entry", 1);
    }

    /** FencedStripedPageCounter.add. */
    private static void addFenced(final HotSpotThread pin) {
        pin.getAcquire("look", "word").branch("look").getOpaque("before", "slot").branch("before")
            .getAndAdd("added", "slot", PIN).branch("added").getVolatile("still", "word");
    }

    /** StripedPageCounter.gather in the fenced form. */
    private static void gatherFenced(final HotSpotThread gatherer) {
        gatherer.getVolatile("seen", "word").branch("seen").compareAndExchange("found", "word", STRIPED, GATHERING)
            .branch("found").getVolatile("part", "slot");
    }

    /** StripedPageCounter.gather in the asymmetric form. */
    private static void gatherAsymmetric(final HotSpotThread gatherer) {
        gatherer.getVolatile("seen", "word").branch("seen").compareAndExchange("found", "word", STRIPED, GATHERING)
            .branch("found").fullFence().membarrier().getAcquire("inside", "sequence").branch("inside")
            .getVolatile("part", "slot");
    }

    /** AsymmetricStripedPageCounter.add in Gup.walkPte. */
    private static Consumer<HotSpotThread> walk(final Consumer<HotSpotThread> look) {
        return walk -> {
            walk.putOpaque("sequence", 1).storeStoreFence().getAcquire("first", "entry").branch("first");
            look.accept(walk);
            walk.branch("look").getOpaque("before", "slot").branch("before").putOpaquePlus("slot", "before", PIN)
                .getVolatile("second", "entry").putRelease("sequence", 2);
        };
    }

    @Test
    void shouldNotLoseAnAdditionFenced() {
        striped().thread(KeptPinLitmusTest::addFenced).thread(KeptPinLitmusTest::gatherFenced).neverEndsWith(LOST);
    }

    /** The first addition puts the tag into the slot, by an exchange. */
    @Test
    void shouldNotLoseAFirstAdditionFenced() {
        tagging(pin -> pin.getVolatile("still", "word")).neverEndsWith(LOST);
    }

    private static Litmus tagging(final Consumer<HotSpotThread> look) {
        return striped()
            .thread(pin -> look.accept(pin.getAcquire("look", "word").branch("look").getOpaque("before", "slot")
                .branch("before").compareAndExchange("added", "slot", 0, PIN).branch("added")))
            .thread(KeptPinLitmusTest::gatherFenced);
    }

    /** Control: as of later additions. */
    @Test
    void controlShouldLoseAFirstAdditionIfTheLookAfterItIsOpaque() {
        tagging(pin -> pin.getOpaque("still", "word")).canEndWith(LOST, code -> !code.lse());
    }

    @Test
    void shouldNotLoseAnAdditionAsymmetric() {
        striped().thread(walk(t -> t.getAcquire("look", "word"))).thread(KeptPinLitmusTest::gatherAsymmetric)
            .neverEndsWith(LOST_IN_SECTION);
    }

    /** An unpin has no second look, so there an opaque look at the word is enough. */
    @Test
    void shouldNotLoseASubtractionAsymmetric() {
        subtracting(unpin -> unpin.putRelease("sequence", 2)).neverEndsWith(KeptPinLitmusTest::isSubtractionLost);
    }

    private static Litmus subtracting(final Consumer<HotSpotThread> exit) {
        return striped().initially("slot", 2 * PIN)
            .thread(unpin -> exit.accept(unpin.putOpaque("sequence", 1).storeStoreFence().getOpaque("look", "word")
                .branch("look").getOpaque("before", "slot").branch("before").putOpaquePlus("slot", "before", -PIN)))
            .thread(KeptPinLitmusTest::gatherAsymmetric);
    }

    private static boolean isSubtractionLost(final Outcome o) {
        return o.read("look") == STRIPED && o.read("found") == STRIPED && o.read("inside") != 1
            && o.read("part") == 2 * PIN;
    }

    /** Control: a section that ends before its subtraction is visible. */
    @Test
    void controlShouldLoseASubtractionIfTheSectionEndsOpaquely() {
        subtracting(unpin -> unpin.putOpaque("sequence", 2)).canEndWith(KeptPinLitmusTest::isSubtractionLost);
    }

    /**
     * The zap finds the page not striped, gathers nothing and goes on; then somebody who holds a pin makes the page
     * striped; then the walk pins it.
     */
    private static Litmus stripedAfterZap(final Consumer<HotSpotThread> look) {
        return new Litmus().initially("entry", 1).initially("word", 1)
            .thread(walk(look))
            .thread(zap -> zap.getAndSet("zapped", "entry", 0).getVolatile("unstriped", "word"))
            .thread(other -> other.compareAndExchange("stripes", "word", 1, STRIPED));
    }

    @Test
    void shouldNotPinThroughAClearedEntry() {
        stripedAfterZap(walk -> walk.getAcquire("look", "word")).neverEndsWith(THROUGH_CLEARED_ENTRY);
    }

    /** In the fenced form the addition to the slot stands between the looks, whatever the look at the word is. */
    @Test
    void shouldNotPinThroughAClearedEntryFenced() {
        stripedAfterZapFenced(walk -> walk.getVolatile("second", "entry")).neverEndsWith(THROUGH_CLEARED_ENTRY);
    }

    private static Litmus stripedAfterZapFenced(final Consumer<HotSpotThread> look) {
        return new Litmus().initially("entry", 1).initially("word", 1)
            .thread(walk -> look.accept(walk.getOpaque("look", "word").branch("look")
                .getAndAdd("added", "slot", PIN).branch("added").getOpaque("still", "word").branch("still")))
            .thread(zap -> zap.getAndSet("zapped", "entry", 0).getVolatile("unstriped", "word"))
            .thread(other -> other.compareAndExchange("stripes", "word", 1, STRIPED));
    }

    /** Control: it does so for a volatile second look. */
    @Test
    void controlShouldPinThroughAClearedEntryFencedIfTheSecondLookIsOpaque() {
        stripedAfterZapFenced(walk -> walk.getOpaque("second", "entry"))
            .canEndWith(THROUGH_CLEARED_ENTRY, code -> !code.lse());
    }

    /** Control: the second look may be satisfied before an opaque look at the word. */
    @Test
    void controlShouldPinThroughAClearedEntryIfTheLookAtTheWordIsOpaque() {
        stripedAfterZap(walk -> walk.getOpaque("look", "word")).canEndWith(THROUGH_CLEARED_ENTRY);
    }

    private static Litmus striping(final Consumer<HotSpotThread> isMapped) {
        return new Litmus().initially("word", 1).initially("mapcount", 1)
            .thread(unpin -> isMapped.accept(unpin.compareAndExchange("stripes", "word", 1, STRIPED).branch("stripes")))
            .thread(zap -> zap.add("mapcount", -1).getVolatile("unstriped", "word"));
    }

    private static boolean staysStriped(final Outcome o) {
        return o.read("stripes") == 1 && o.read("mapped") == 1 && o.read("unstriped") == 1;
    }

    /** StripedPageCounter.makeStriped against PageMapper.clear: one of the two gathers. */
    @Test
    void shouldGatherAPageThatIsStripedWhileItLosesItsMapping() {
        striping(unpin -> unpin.getVolatile("mapped", "mapcount")).neverEndsWith(KeptPinLitmusTest::staysStriped);
    }

    /** Control: without LSE the look at the mappings overtakes the exchange. */
    @Test
    void controlShouldLeaveAPageStripedIfTheLookAtItsMappingsIsOpaque() {
        striping(unpin -> unpin.getOpaque("mapped", "mapcount"))
            .canEndWith(KeptPinLitmusTest::staysStriped, code -> !code.lse());
    }

    /** Control: an addition that may come after the third look. */
    @Test
    void controlShouldLoseAnAdditionIfTheLookAfterItIsOpaque() {
        striped()
            .thread(pin -> pin.getAcquire("look", "word").branch("look").getAndAdd("added", "slot", PIN)
                .branch("added").getOpaque("still", "word"))
            .thread(KeptPinLitmusTest::gatherFenced)
            .canEndWith(LOST, code -> !code.lse());
    }

    /** Control: a plain addition needs a gatherer who pays. */
    @Test
    void controlShouldLoseAPlainAdditionWithoutMembarrier() {
        striped().thread(walk(t -> t.getAcquire("look", "word")))
            .thread(gatherer -> gatherer.compareAndExchange("found", "word", STRIPED, GATHERING).branch("found")
                .fullFence().getAcquire("inside", "sequence").branch("inside").getVolatile("part", "slot"))
            .canEndWith(LOST_IN_SECTION);
    }

    private static Litmus hazard(final Consumer<HotSpotThread> publish) {
        return new Litmus().initially("entry", 1).initially("word", 1)
            .thread(pin -> {
                pin.getAcquire("first", "entry").branch("first").getOpaque("look", "word").branch("look")
                    .getOpaque("before", "slot").branch("before");
                publish.accept(pin);
                pin.getVolatile("second", "entry");
            })
            .thread(zap -> zap.getAndSet("zapped", "entry", 0).getVolatile("part", "slot"));
    }

    private static boolean isOverlooked(final Outcome o) {
        return o.read("zapped") == 1 && o.read("second") == 1 && o.read("part") == 0;
    }

    /** HazardPageCounter.publish, whose result nobody uses, against the scan of gather. */
    @Test
    void shouldNotOverlookAPublishedPin() {
        hazard(pin -> pin.set("slot", PIN)).neverEndsWith(KeptPinLitmusTest::isOverlooked);
    }

    /** Control: a release store would not do, where it is barriers and a plain store. */
    @Test
    void controlShouldOverlookAPinThatIsPublishedByARelease() {
        hazard(pin -> pin.putRelease("slot", PIN)).canEndWith(KeptPinLitmusTest::isOverlooked, Code::barriers);
    }

    private static Litmus moving(final Consumer<HotSpotThread> move) {
        return new Litmus().initially("word", 2).initially("slot", 1)
            .thread(move)
            .thread(unpin -> unpin.getAcquire("look", "slot").branch("look").getAndAdd("counted", "word", -PIN));
    }

    private static boolean isUncounted(final Outcome o) {
        return o.read("look") == 0 && o.read("counted") < PIN;
    }

    /** HazardPageCounter.gather raises the word before it clears the slot: an unpin finds its pin in one of the two. */
    @Test
    void shouldFindAMovedPinInTheWord() {
        moving(gatherer -> gatherer.add("word", PIN).compareAndExchange("moved", "slot", 1, 0))
            .neverEndsWith(KeptPinLitmusTest::isUncounted);
    }

    /** Control: in the other order it finds neither. */
    @Test
    void controlShouldMissAMovedPinIfTheSlotIsClearedFirst() {
        moving(gatherer -> gatherer.compareAndExchange("moved", "slot", 1, 0).add("word", PIN))
            .canEndWith(KeptPinLitmusTest::isUncounted);
    }

    /**
     * HazardPageCounter.tryPin with the link to the head of the folio, which a walk looks at before and after. The
     * owner clears the entry (1), takes the folio apart, maps its head anew as a small page, and maps the other page
     * anew where it was (2, which to the walk is the same entry).
     */
    private static Litmus splitting(final Consumer<HotSpotThread> isMapped) {
        return new Litmus().initially("entry", 1).initially("link", 1).initially("flags", 1).initially("mapcount", 1)
            .thread(pin -> {
                pin.getOpaque("old", "link").branch("old").getOpaque("large", "flags").branch("large").set("slot", PIN);
                isMapped.accept(pin);
                pin.branch("mapped").getOpaque("larger", "flags").branch("larger").getOpaque("again", "link")
                    .getVolatile("second", "entry");
            })
            .thread(owner -> owner.set("entry", 0).add("mapcount", -1).set("flags", 0).putOpaque("link", 0)
                .add("mapcount", 1).putRelease("entry", 2));
    }

    private static boolean isOfWrongPage(final Outcome o) {
        return o.read("old") == 1 && o.read("large") == 0 && o.read("mapped") == 1 && o.read("larger") == 0
            && o.read("again") == 1 && o.read("second") == 2;
    }

    /** What is looked at before the publishing may be opaque; the look at the mapping after it orders the link. */
    @Test
    void shouldNotPublishThePageThatWasTheHeadBeforeTheSplit() {
        splitting(pin -> pin.getVolatile("mapped", "mapcount")).neverEndsWith(KeptPinLitmusTest::isOfWrongPage);
    }

    /** Control: without that order the second look at the link comes before the look at the size. */
    @Test
    void controlShouldPublishTheWrongPageIfTheLookAtItsMappingIsOpaque() {
        splitting(pin -> pin.getOpaque("mapped", "mapcount")).canEndWith(KeptPinLitmusTest::isOfWrongPage);
    }
}
