/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 in hexadecimal.
 */
public final class Digest {
    private final MessageDigest sha;

    /**
     * An empty digest to add to.
     */
    public Digest() {
        try {
            sha = MessageDigest.getInstance("SHA-256");
        } catch (final NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Digests a text.
     *
     * @param text the text
     * @return 64 hexadecimal digits
     */
    public static String of(final String text) {
        return new Digest().add(text.getBytes(StandardCharsets.UTF_8)).hex();
    }

    /**
     * Adds bytes.
     *
     * @param bytes what to add
     * @return this
     */
    public Digest add(final byte[] bytes) {
        sha.update(bytes);
        return this;
    }

    /**
     * Ends the digest.
     *
     * @return 64 hexadecimal digits
     */
    public String hex() {
        return HexFormat.of().formatHex(sha.digest());
    }
}
