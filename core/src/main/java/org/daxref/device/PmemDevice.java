/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.device;

import static org.daxref.device.SuperblockDescriptor.STATE_CLEAN;
import static org.daxref.device.SuperblockDescriptor.STATE_CREATING;
import static org.daxref.device.SuperblockDescriptor.STATE_IN_USE;
import static org.daxref.device.SuperblockDescriptor.SUPERBLOCK_BYTES;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.daxref.memory.MappedRegion;

/**
 * A memory-mapped file that stands in for a pmem or CXL namespace. Counterpart of the nd_pmem driver's resource.
 *
 * <p><b>Creation</b> never touches a path that exists, and makes it appear whole: the file is written beside its place,
 * under its name with {@code .creating-} and a number, and linked into it, so the file system must have hard links.
 * What a killed process left beside a path is removed by the next creation of the same path. The metadata (everything
 * before the data pages) is allocated up front by writing it, so that a full disk is an error of {@link #create} and
 * not a SIGBUS in the middle of a pin. A device whose metadata is larger than a limit, {@link #DEFAULT_UP_FRONT_BYTES}
 * unless the caller raises it, gets sparse metadata instead, on the condition that at least that limit is free; on such
 * a device a disk that fills up later <em>is</em> a SIGBUS. Data pages are always sparse.
 *
 * <p><b>Opening</b> takes a lock that the operating system drops when the process ends, however it ends. References are
 * not persistent: as a kernel builds its memmap anew at every boot, opening clears the metadata, and what a dead
 * process left pinned is gone. The data pages are kept.
 *
 * <p>Thread contract: create, open and close from one thread; the mapping may be used by all.
 */
public final class PmemDevice implements AutoCloseable {
    /** Metadata up to this many bytes is allocated at creation: 1 GiB, enough for a device of about 50 GiB. */
    public static final long DEFAULT_UP_FRONT_BYTES = 1L << 30;

    /*
     * The files that this process has open. A POSIX record lock falls with the first descriptor of the file that the
     * process closes, so a second look at an open device must be refused before it opens a descriptor.
     */
    private static final Set<Object> OPEN = ConcurrentHashMap.newKeySet();

    private final Object fileKey;
    private final FileChannel channel;
    private final DeviceGeometry geometry;
    private final MappedRegion region;
    private final boolean recovered;

    private PmemDevice(final Object fileKey, final FileChannel channel, final Superblock found,
                       final MappedRegion region) {
        this.fileKey = fileKey;
        this.channel = channel;
        this.geometry = found.geometry();
        this.recovered = found.wasInUse();
        this.region = region;
    }

    /**
     * Creates a device file, closed. Metadata up to {@link #DEFAULT_UP_FRONT_BYTES} is allocated up front.
     *
     * @param path     a path that does not exist
     * @param geometry its layout
     * @throws DeviceException if the path exists, the disk is too full or the file cannot be written; nothing is left
     *                         behind
     */
    public static void create(final Path path, final DeviceGeometry geometry) {
        create(path, geometry, DEFAULT_UP_FRONT_BYTES);
    }

    /**
     * Creates a device file, closed.
     *
     * @param path         a path that does not exist
     * @param geometry     its layout
     * @param upFrontBytes metadata up to this size is allocated up front; larger is sparse if this much is free
     * @throws DeviceException if the path exists, the disk is too full or the file cannot be written; nothing is left
     *                         behind
     */
    public static void create(final Path path, final DeviceGeometry geometry, final long upFrontBytes) {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            throw exists(path);
        }
        try (FileAside aside = FileAside.create(path)) {
            fill(aside.file(), path, geometry, upFrontBytes);
            aside.linkIntoPlace();
        } catch (final FileAlreadyExistsException e) {
            throw exists(path);
        } catch (final IOException e) {
            throw new DeviceException("cannot create the device file: path=" + path + ", bytes=" + geometry.fileBytes()
                + ", reason=" + reason(e), e);
        }
    }

    private static DeviceException exists(final Path path) {
        return new DeviceException("the path exists and is never overwritten; name another: path=" + path);
    }

    private static void fill(final RandomAccessFile file, final Path path, final DeviceGeometry geometry,
                             final long upFrontBytes) throws IOException {
        final FileChannel channel = file.getChannel();
        final long needed = Math.min(geometry.dataOffset(), upFrontBytes);
        final long free = Files.getFileStore(path.toAbsolutePath().getParent()).getUsableSpace();
        if (free < needed) {
            throw new DeviceException("not enough free space for the metadata; free some or ask for fewer pages: path="
                + path + ", neededBytes=" + needed + ", freeBytes=" + free);
        }
        new Superblock(geometry, STATE_CREATING).write(channel);
        file.setLength(geometry.fileBytes());
        if (geometry.dataOffset() <= upFrontBytes) {
            Blocks.allocate(channel, SUPERBLOCK_BYTES, geometry.dataOffset());
        }
        new Superblock(geometry, STATE_CLEAN).write(channel);
    }

    /**
     * Opens a device file, clears its metadata and maps it.
     *
     * @param path an existing device file
     * @return the device, marked in use until closed
     * @throws DeviceException if the file is missing, somebody else's, damaged, truncated, of another version, or open
     *                         elsewhere; it is then unchanged
     */
    public static PmemDevice open(final Path path) {
        final Object fileKey = fileKey(path);
        if (!OPEN.add(fileKey)) {
            throw busy(path);
        }
        FileChannel channel = null;
        PmemDevice device = null;
        try {
            channel = openChannel(path);
            final Superblock found = inspect(channel, path);
            Blocks.clear(channel, path, SUPERBLOCK_BYTES, found.geometry().dataOffset());
            new Superblock(found.geometry(), STATE_IN_USE).write(channel);
            final MappedRegion region = MappedRegion.map(channel, found.geometry().fileBytes());
            device = new PmemDevice(fileKey, channel, found, region);
            return device;
        } catch (final IOException e) {
            throw new DeviceException("cannot open the device file: path=" + path + ", reason=" + reason(e), e);
        } finally {
            if (device == null) {
                closeQuietly(channel);
                OPEN.remove(fileKey);
            }
        }
    }

    /**
     * Says whether a device file could be opened now. Changes nothing.
     *
     * @param path an existing file
     * @return its geometry
     * @throws DeviceException as {@link #open} would
     */
    public static DeviceGeometry check(final Path path) {
        if (OPEN.contains(fileKey(path))) {
            throw busy(path);
        }
        FileChannel channel = null;
        try {
            channel = openChannel(path);
            return inspect(channel, path).geometry();
        } catch (final IOException e) {
            throw new DeviceException("cannot read the device file: path=" + path + ", reason=" + reason(e), e);
        } finally {
            closeQuietly(channel);
        }
    }

    private static Object fileKey(final Path path) {
        try {
            final BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (!attributes.isRegularFile()) {
                throw new DeviceException("not a regular file, so it is left untouched; name another path: path="
                    + path);
            }
            return attributes.fileKey();
        } catch (final NoSuchFileException e) {
            throw new DeviceException("there is no such device file: path=" + path, e);
        } catch (final IOException e) {
            throw new DeviceException("cannot read the device file: path=" + path + ", reason=" + reason(e), e);
        }
    }

    private static FileChannel openChannel(final Path path) {
        try {
            return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (final IOException e) {
            throw new DeviceException("cannot open the device file for writing: path=" + path + ", reason="
                + reason(e), e);
        }
    }

    private static Superblock inspect(final FileChannel channel, final Path path) throws IOException {
        if (channel.tryLock() == null) {
            throw busy(path);
        }
        return Superblock.read(channel, path);
    }

    private static DeviceException busy(final Path path) {
        return new DeviceException("the device is in use; wait for its user to end or name another path: path=" + path);
    }

    /**
     * The layout of the file.
     *
     * @return where everything lies
     */
    public DeviceGeometry geometry() {
        return geometry;
    }

    /**
     * The mapped file.
     *
     * @return memory that lives until {@link #close()}
     */
    public MappedRegion region() {
        return region;
    }

    /**
     * Whether the last user died.
     *
     * @return whether the file was still marked in use when it was opened
     */
    public boolean isRecovered() {
        return recovered;
    }

    /** Unmaps the file, marks it clean and drops the lock. No thread may use the mapping any more. */
    @Override
    public void close() {
        try (FileChannel closing = channel) {
            region.close();
            new Superblock(geometry, STATE_CLEAN).write(closing);
        } catch (final IOException e) {
            throw new DeviceException("cannot mark the device file clean: reason=" + reason(e), e);
        } finally {
            OPEN.remove(fileKey);
        }
    }

    private static void closeQuietly(final FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static String reason(final IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such directory";
        }
        return e instanceof AccessDeniedException ? "permission denied" : e.getMessage();
    }
}
