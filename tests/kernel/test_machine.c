// SPDX-License-Identifier: MIT
// What a driver can ask of the machine: times, processors, threads, and where its words go.
#include "fibers.h"

#define MS PP_TICKS_PER_MS

static void ask_times(void *subject, uint64_t letter) {
    (void)subject;
    LARGE_INTEGER time, precise, local, up, frequency;
    KeQuerySystemTime(&time);
    KeQuerySystemTimePrecise(&precise);
    assert_int_equal(precise.QuadPart, time.QuadPart);
    ExSystemTimeToLocalTime(&time, &local);
    assert_int_equal(local.QuadPart, time.QuadPart);  // the world is on UTC
    NdisGetSystemUpTimeEx(&up);
    assert_int_equal(up.QuadPart, 600003);
    assert_int_equal(KeQueryInterruptTime(), 600003ull * MS);
    assert_int_equal(KeQueryUnbiasedInterruptTime(), 600003ull * MS);  // it never slept
    LARGE_INTEGER counter = KeQueryPerformanceCounter(&frequency);
    assert_int_equal(counter.QuadPart * 1000 / frequency.QuadPart, 600003);
    assert_int_equal(KeQueryPerformanceCounter(NULL).QuadPart, counter.QuadPart);
    fibers_note((char)letter);
}

static void test_times_agree(void **state) {
    (void)state;
    assert_true(pp_schedule_advance_to(3 * MS));
    fibers_start(0, ask_times, 't');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "t");
}

static void ask_processors(void *subject, uint64_t letter) {
    (void)subject;
    KAFFINITY active = 0;
    PROCESSOR_NUMBER number = {.Number = 9}, other = {.Group = 1};
    assert_int_equal(KeQueryActiveProcessorCount(&active), 2);
    assert_int_equal(active, 3);
    assert_int_equal(NdisSystemActiveProcessorCount(NULL), 2);
    assert_int_equal(NdisSystemProcessorCount(), 2);
    assert_int_equal(KeQueryMaximumProcessorCount(), 2);
    assert_int_equal(KeQueryActiveGroupCount(), 1);
    assert_int_equal(KeQueryMaximumProcessorCountEx(0), 2);
    assert_int_equal(NdisGroupActiveProcessorCount(1), 0);
    assert_int_equal(NdisGroupMaxProcessorCount(ALL_PROCESSOR_GROUPS), 2);
    ULONG current = KeGetCurrentProcessorNumberEx(&number);
    assert_int_equal(number.Number, current);
    assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), current);
    assert_int_equal(KeGetCurrentProcessorNumber(), current);
    assert_int_equal(NdisCurrentProcessorIndex(), current);
    assert_int_equal(KeGetProcessorIndexFromNumber(&other), MAXULONG);  // there is one group
    fibers_note((char)('0' + current));
    fibers_note((char)letter);
}

static void test_fibers_share_two_processors(void **state) {
    (void)state;
    fibers_start(0, ask_processors, 'a');
    fibers_start(0, ask_processors, 'b');
    assert_true(pp_schedule_settle());
    const char *notes = fibers_notes();
    assert_int_equal(strlen(notes), 4);
    assert_int_not_equal(notes[0], notes[2]);
}

static HANDLE ids[2];

// The driver's own thread has a priority; of a fiber that the world called nobody can change it.
static void on_thread(PVOID context) {
    ids[1] = PsGetCurrentThreadId();
    assert_true(KeAreApcsDisabled());
    assert_int_equal(KeSetPriorityThread(KeGetCurrentThread(), 12), 8);
    assert_int_equal(KeSetPriorityThread(KeGetCurrentThread(), 8), 12);
    fibers_note(*(const char *)context);
}

static void ask_thread(void *subject, uint64_t letter) {
    (void)subject;
    HANDLE thread;
    CLIENT_ID client;
    ids[0] = PsGetCurrentThreadId();
    assert_false(KeAreApcsDisabled());
    assert_int_equal(KeSetPriorityThread(KeGetCurrentThread(), 12), 8);
    assert_int_equal(KeSetPriorityThread(KeGetCurrentThread(), 8), 8);
    assert_ptr_equal(KeGetCurrentThread(), KeGetCurrentThread());
    assert_ptr_equal(IoGetCurrentProcess(), IoGetCurrentProcess());
    assert_int_equal(ExGetPreviousMode(), KernelMode);
    assert_int_equal(
        PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, &client, on_thread, "t"),
        STATUS_SUCCESS);
    assert_ptr_equal(client.UniqueProcess, PsGetCurrentProcessId());
    assert_int_equal(ObCloseHandle(thread, KernelMode), STATUS_SUCCESS);
    fibers_note((char)letter);
}

static void test_threads_differ(void **state) {
    (void)state;
    fibers_start(0, ask_thread, 'w');
    assert_true(pp_schedule_settle());
    assert_int_equal(strlen(fibers_notes()), 2);
    assert_ptr_not_equal(ids[0], ids[1]);
}

static ULONG print(PCSTR format, ...) {
    va_list arguments;
    va_start(arguments, format);
    ULONG status = vDbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, format, arguments);
    va_end(arguments);
    return status;
}

// Words go nowhere, whatever they are made of.
static void say(void *subject, uint64_t letter) {
    (void)subject;
    assert_int_equal(print("%s %d", "text", 1), STATUS_SUCCESS);
    NdisWriteErrorLogEntry(NULL, 1, 2, 1ul, 2ul);
    assert_int_equal(NdisWriteEventLogEntry(NULL, 1, 2, 0, NULL, 0, NULL), NDIS_STATUS_SUCCESS);
    fibers_note((char)letter);
}

static void test_words_go_nowhere(void **state) {
    (void)state;
    fibers_start(0, say, 's');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "s");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIBERS_TEST(test_times_agree),
        FIBERS_TEST(test_fibers_share_two_processors),
        FIBERS_TEST(test_threads_differ),
        FIBERS_TEST(test_words_go_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
