package io.tally.ops.launch;

import com.kenai.jffi.ArrayFlags;
import com.kenai.jffi.Function;
import com.kenai.jffi.HeapInvocationBuffer;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.LastError;
import com.kenai.jffi.Library;
import com.kenai.jffi.Type;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.stream.Stream;

/**
 * Which CPUs the kernel lets threads run on. A new thread may run where the one may that starts it, so that a thread is
 * bound by who starts it, and a refusal of the kernel is an exception there. Only helpers, which agents start while the
 * broker runs, bind themselves.
 */
final class CpuAffinity {
    private static final Path TASKS = Path.of("/proc/self/task");
    private static final int MASK_BYTES = 128;
    private static final int CALLER = 0;
    private static final int NO_SUCH_THREAD = 3;

    private CpuAffinity() {}

    /** Starts a thread that runs on these CPUs only; with none, where the caller may. */
    static void start(List<Integer> cpus, Runnable starter) throws IOException {
        if (cpus.isEmpty()) {
            starter.run();
            return;
        }
        byte[] before = new byte[MASK_BYTES];
        check(call("sched_getaffinity", CALLER, before, ArrayFlags.OUT), "sched_getaffinity");
        check(set(CALLER, mask(cpus)), "sched_setaffinity");
        try {
            starter.run();
        } finally {
            check(set(CALLER, before), "sched_setaffinity");
        }
    }

    /**
     * Threads that run on these CPUs only, whoever starts them; with none, where the caller of this method may. What
     * the kernel refuses shows when agents are started; later, a refused thread stays where its starter may run.
     */
    static ThreadFactory factory(List<Integer> cpus, ThreadFactory threads) {
        byte[] mask = cpus.isEmpty() ? new byte[MASK_BYTES] : mask(cpus);
        if (cpus.isEmpty()) {
            call("sched_getaffinity", CALLER, mask, ArrayFlags.OUT);
        }
        return task -> threads.newThread(() -> {
            set(CALLER, mask);
            task.run();
        });
    }

    /** Moves all threads that there are to these CPUs; with none, leaves them alone. */
    static void moveAll(List<Integer> cpus) throws IOException {
        if (cpus.isEmpty()) {
            return;
        }
        byte[] mask = mask(cpus);
        moveAll(mask);
        moveAll(mask); // those that others have started meanwhile
    }

    private static void moveAll(byte[] mask) throws IOException {
        try (Stream<Path> tasks = Files.list(TASKS)) {
            for (Path task : tasks.toList()) {
                int result = set(Integer.parseInt(task.getFileName().toString()), mask);
                if (result != 0 && LastError.getInstance().get() != NO_SUCH_THREAD) {
                    check(result, "sched_setaffinity");
                }
            }
        }
    }

    /** The kernel's: a bit for each CPU, the lowest first in each byte on machines that we run on. */
    private static byte[] mask(List<Integer> cpus) {
        BitSet bits = new BitSet();
        cpus.forEach(bits::set);
        return Arrays.copyOf(bits.toByteArray(), MASK_BYTES);
    }

    private static int set(int thread, byte[] mask) {
        return call("sched_setaffinity", thread, mask, ArrayFlags.IN);
    }

    private static int call(String name, int thread, byte[] mask, int direction) {
        Function function = new Function(Library.getDefault().getSymbolAddress(name), Type.SINT32, parameters());
        HeapInvocationBuffer arguments = new HeapInvocationBuffer(function);
        arguments.putInt(thread);
        arguments.putLong(MASK_BYTES);
        arguments.putArray(mask, 0, MASK_BYTES, direction);
        return Invoker.getInstance().invokeInt(function, arguments);
    }

    private static Type[] parameters() {
        return new Type[] {Type.SINT32, Type.UINT64, Type.POINTER};
    }

    private static void check(int result, String what) throws IOException {
        if (result < 0) {
            throw new IOException("'thread_cpus' is not possible: the system refused " + what + ", error "
                    + LastError.getInstance().get());
        }
    }
}
