package io.tally.storage.journal;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import io.tally.engine.port.Positions;
import io.tally.protocol.command.RestartedCommand;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs with the directory of a small file system of its own. */
final class FullDiskScenario {
    static final String PASSED = "full disk: passed";

    private static final JournalOptions SMALL = JournalHarness.SMALL;
    private static final int STARTS = 30;
    private static final long WAIT_NS_MAX = 20_000_000_000L;

    private final Path filler;
    private final JournalHarness harness;

    private FullDiskScenario(Path mount) throws IOException {
        this.filler = mount.resolve("filler");
        this.harness = JournalHarness.start(Files.createDirectory(mount.resolve("journal")), SMALL);
    }

    public static void main(String[] arguments) throws IOException {
        new FullDiskScenario(Path.of(arguments[0])).run();
        System.out.println(PASSED);
    }

    private void run() throws IOException {
        leavesRoomForTheState();
        for (int i = 0; i < 3; i++) {
            harness.appendMany(200, 1000);
            fillDisk();
            refusesFirstAndThenTakesNothing();
            harness.journal().force();
            harness.assertReadsBackEverything();
            if (i == 1) {
                startsAgainAndAgain();
            }
            Files.delete(filler);
            goesOn();
        }
        keepsNoPartOfWhatItCannotCut();
        harness.assertReadsBackEverything();
        harness.close();
    }

    private void leavesRoomForTheState() throws IOException {
        long left = SMALL.fileBytes() * 3 / 2;
        try (FileChannel channel = FileChannel.open(filler, CREATE, APPEND)) {
            while (usableBytes() > left) {
                channel.write(ByteBuffer.allocate(4096));
            }
        }
        while (!harness.journal().isNearlyFull()) {
            require(harness.append(1000), "an entry that was not refused has room");
        }
        require(usableBytes() >= SMALL.fileBytes(), "another file would have taken what the state needs");
        Files.delete(filler);
        long begun = System.nanoTime();
        while (harness.journal().isNearlyFull()) {
            require(System.nanoTime() - begun < WAIT_NS_MAX, "goes on when there is room");
            Thread.onSpinWait();
        }
    }

    private long usableBytes() throws IOException {
        return Files.getFileStore(filler.getParent()).getUsableSpace();
    }

    private void fillDisk() throws IOException {
        try (FileChannel channel = FileChannel.open(filler, CREATE, APPEND)) {
            for (int size = 1 << 16; size > 0; size /= 2) {
                fillDisk(channel, size);
            }
        }
    }

    private static void fillDisk(FileChannel channel, int size) {
        try {
            while (true) {
                channel.write(ByteBuffer.allocate(size));
            }
        } catch (IOException full) {
            // Goes on with smaller pieces.
        }
    }

    private void refusesFirstAndThenTakesNothing() {
        while (!harness.journal().isNearlyFull()) {
            require(harness.appendOfLength(SMALL.entryBytesMax()), "an entry that was not refused has room");
        }
        int reserved = 0;
        int low = 0;
        while (harness.append(1000) || harness.appendOfLength(1)) {
            reserved++;
            require(harness.journal().isNearlyFull(), "stays nearly full");
            require(harness.journal().isReserveLow() || low == 0, "stays low");
            low += harness.journal().isReserveLow() ? 1 : 0;
            harness.journal().force();
        }
        System.out.println(reserved + " entries went into the reserve, " + low + " of them when it was low");
        boolean isKept = low * 1100L > SMALL.lowReserveBytes() - SMALL.entrySpaceMax();
        require(reserved == 0 || isKept, "half of the reserve is kept");
        require(!harness.append(1000), "takes nothing while the disk is full");
        require(harness.journal().isNearlyFull() && harness.journal().isReserveLow(), "stays nearly full");
    }

    /** Each process has something to say when it starts: that all connections are gone. */
    private void startsAgainAndAgain() {
        for (int i = 0; i < STARTS; i++) {
            harness.reopen(0);
            require(harness.appendOfLength(RestartedCommand.LENGTH), "a start has room");
            require(!harness.appendOfLength(1), "nothing else has");
            require(harness.journal().isReserveLow(), "stays low");
            harness.journal().force();
        }
        harness.assertReadsBackEverything();
    }

    /** The last entry is torn, and there is no room for a copy of it. */
    private void keepsNoPartOfWhatItCannotCut() throws IOException {
        int file = Positions.file(harness.journal().lastPosition());
        long torn = Positions.offset(harness.journal().lastPosition());
        harness.journal().close();
        fillDisk();
        try (JournalDamage damage = new JournalDamage(harness.directory.file(file))) {
            damage.flip(torn + JournalFrame.LENGTH);
        }
        for (int i = 0; i < 3; i++) {
            try {
                harness.recover(0);
                throw new AssertionError("it cannot be cut without a copy");
            } catch (JournalException e) {
                require(e.getMessage().contains("No space left"), e.getMessage());
            }
            require(!Files.exists(harness.directory.damaged(file, torn, 0)), "no part of a copy is left");
        }
        Files.delete(filler);
        harness.forgetBehind(harness.positions.size() - 1L);
        harness.recoverAndOpen(0);
        require(Files.exists(harness.directory.damaged(file, torn, 0)), "what was cut is kept");
    }

    private void goesOn() {
        long begun = System.nanoTime();
        while (!harness.append(1000)) {
            require(System.nanoTime() - begun < WAIT_NS_MAX, "goes on when there is room");
            Thread.onSpinWait();
        }
        require(!harness.journal().isNearlyFull() && !harness.journal().isReserveLow(), "is no longer nearly full");
        harness.appendMany(100, 1000);
    }

    private static void require(boolean condition, String claim) {
        if (!condition) {
            throw new AssertionError(claim);
        }
    }
}
