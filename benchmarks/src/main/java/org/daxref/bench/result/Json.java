/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Reads and writes the JSON files of this suite.
 */
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Json() {
    }

    /**
     * Turns a record into a file's content.
     *
     * @param value a record or a tree
     * @return indented JSON that ends with a line break
     */
    public static String write(final Object value) {
        return MAPPER.writeValueAsString(value) + "\n";
    }

    /**
     * Parses a text.
     *
     * @param json the text
     * @return its tree
     */
    public static JsonNode parse(final String json) {
        return MAPPER.readTree(json);
    }

    /**
     * Reads a tree as a record.
     *
     * @param tree what was parsed
     * @param type the record's class
     * @param <T>  the record
     * @return the record; fields that it does not name are left out
     */
    public static <T> T as(final JsonNode tree, final Class<T> type) {
        return MAPPER.treeToValue(tree, type);
    }

    /**
     * Reads a file as a record.
     *
     * @param file the file
     * @param type the record's class
     * @param <T>  the record
     * @return the record
     * @throws SuiteException when the file cannot be read or is not that record
     */
    public static <T> T read(final Path file, final Class<T> type) {
        try {
            final T found = MAPPER.readValue(Files.readString(file), type);
            require(found);
            return found;
        } catch (final CharacterCodingException e) {
            throw damaged(file, new UncheckedIOException(e));
        } catch (final IOException e) {
            throw new SuiteException("Cannot read " + file + ": " + AtomicFiles.reason(e) + ".", e);
        } catch (final JacksonException | NullPointerException e) {
            throw damaged(file, e);
        }
    }

    /**
     * A file that does not hold what it should.
     *
     * @param file  the file
     * @param cause what it lacks; null when it lacks nothing but makes no sense
     * @return what to throw
     */
    public static SuiteException damaged(final Path file, final Exception cause) {
        return new SuiteException(file + " is damaged: it is not the JSON that daxref wrote.", cause);
    }

    /**
     * For the constructors of records that are read from files, which may lack any field.
     *
     * @param fields what has to be there
     */
    public static void require(final Object... fields) {
        for (final Object field : fields) {
            Objects.requireNonNull(field);
        }
    }
}
