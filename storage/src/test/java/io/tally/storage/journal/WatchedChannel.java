package io.tally.storage.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** A channel that tells which parts of the file it writes and when it forces. */
final class WatchedChannel extends FileChannel {
    private final FileChannel file;
    private final Watcher watcher;

    /** Is told before it happens. */
    interface Watcher {
        void onWrite(long from, long to);

        /** The force fails with what this throws. */
        void onForce() throws IOException;
    }

    WatchedChannel(FileChannel file, Watcher watcher) {
        this.file = file;
        this.watcher = watcher;
    }

    @Override
    public int write(ByteBuffer source, long position) throws IOException {
        watcher.onWrite(position, position + source.remaining());
        return file.write(source, position);
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
        watcher.onWrite(size, Math.max(size, file.size()));
        file.truncate(size);
        return this;
    }

    @Override
    public void force(boolean metaData) throws IOException {
        watcher.onForce();
        file.force(metaData);
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        return file.read(target, position);
    }

    @Override
    public long size() throws IOException {
        return file.size();
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
        return file.transferTo(position, count, target);
    }

    @Override
    protected void implCloseChannel() throws IOException {
        file.close();
    }

    // Not used by the journal, and not watched.

    @Override
    public int read(ByteBuffer target) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int write(ByteBuffer source) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long position() {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileChannel position(long newPosition) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
        throw new UnsupportedOperationException();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
        throw new UnsupportedOperationException();
    }
}
