package io.tally.storage.journal;

/**
 * What recovery found, and where appending goes on.
 *
 * @param lastPosition of the last valid entry, 0 when there is none
 * @param lastSequence its number, 0 when there is none
 * @param lastTimeMs its time, 0 when there is none
 * @param file to append to
 * @param end offset behind the last document of that file; 0 when the file has to be begun
 * @param entriesScanned valid entries from the reflected position on
 * @param bytesScanned in their files
 * @param repairs what was cut off, in words for a person; empty when nothing was
 */
public record RecoveredJournal(
        long lastPosition,
        long lastSequence,
        long lastTimeMs,
        int file,
        long end,
        long entriesScanned,
        long bytesScanned,
        String repairs) {

    boolean beginsFile() {
        return end == 0;
    }
}
