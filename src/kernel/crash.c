// SPDX-License-Identifier: MIT
// Crashes of the driver become events: signals, failed asserts, bug checks.
#include "kernel/crash.h"

#include "base/emit.h"
#include "base/expect.h"
#include "base/touch.h"
#include "kernel/schedule.h"

#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <wdm.h>

#define SIGNAL_STACK_BYTES (256u << 10)
#define ASSERT_TEXT_MAX 200u
#define STACK_OVERRUN_BYTES 8192u  // an access this near below a stack is an overrun of it

static const int caught[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
#define CAUGHT_COUNT (sizeof(caught) / sizeof(caught[0]))
static struct sigaction previous[CAUGHT_COUNT];

// clang's trap for undefined behaviour is `ud1 kind(%eax), %eax`: 67 0f b9 40 kind.
static bool is_ubsan_trap(const unsigned char *pc) {
    return pc[0] == 0x67 && pc[1] == 0x0f && pc[2] == 0xb9 && pc[3] == 0x40;
}

// Code that is not there has been called: by the instruction in front of where it would have returned
// to.
static uintptr_t caller_of_nothing(const ucontext_t *context, const struct pp_fiber *fiber) {
    uintptr_t stack = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
    bool is_known = stack >= (uintptr_t)fiber->stack_low &&
                    stack + sizeof(uintptr_t) <= (uintptr_t)fiber->stack_high;
    return is_known ? *(const uintptr_t *)stack - 1 : 0;
}

static void emit_crash(int signal_number, const siginfo_t *info, const ucontext_t *context,
                       const struct pp_fiber *fiber) {
    uintptr_t pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    uintptr_t frame = (uintptr_t)context->uc_mcontext.gregs[REG_RBP];
    // The processor does not tell an address that is not canonical.
    uintptr_t address = info->si_code == SI_KERNEL ? UINTPTR_MAX : (uintptr_t)info->si_addr;
    if (signal_number == SIGILL || signal_number == SIGTRAP || signal_number == SIGFPE) {
        const unsigned char *code = (const unsigned char *)pc;
        uint64_t kind = signal_number == SIGILL && is_ubsan_trap(code) ? code[4] : UINT64_MAX;
        pp_emit_from(pc, frame, PP_EVENT_CRASH, PP_CRASH_UNDEFINED, kind);
    } else if (address < (uintptr_t)fiber->stack_low &&
               address + STACK_OVERRUN_BYTES > (uintptr_t)fiber->stack_low) {
        pp_emit_from(pc, frame, PP_EVENT_CRASH, PP_CRASH_STACK, address);
    } else {
        pc = address == pc ? caller_of_nothing(context, fiber) : pc;
        pp_emit_from(pc, frame, PP_EVENT_CRASH, PP_CRASH_ACCESS, address);
    }
}

static void on_signal(int signal_number, siginfo_t *info, void *context) {
    const struct pp_fiber *fiber = pp_schedule_current();
    // One that somebody sent (si_code not positive) is not the driver's doing.
    if (fiber != NULL && info->si_code > 0) {
        emit_crash(signal_number, info, context, fiber);
    }
    // Not the driver's, or nobody stopped the run: let it happen again under the old handler.
    for (size_t i = 0; i < CAUGHT_COUNT; i++) {
        if (caught[i] == signal_number) {
            sigaction(signal_number, &previous[i], NULL);
        }
    }
    if (info->si_code <= 0) {
        raise(signal_number);  // one that was sent does not happen again by itself
    }
}

void pp_crash_catch(void) {
    static char stack_memory[SIGNAL_STACK_BYTES];
    const stack_t stack = {.ss_sp = stack_memory, .ss_size = sizeof(stack_memory)};
    pp_expect(sigaltstack(&stack, NULL) == 0, "no stack for signals");
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_sigaction = on_signal;
    // A run that ends leaves the handler by switching to the host, so the signal must not stay blocked.
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    for (size_t i = 0; i < CAUGHT_COUNT; i++) {
        struct sigaction old;
        sigaction(caught[i], &action, &old);
        if (old.sa_sigaction != on_signal) {
            previous[i] = old;
        }
    }
}

VOID pp_driver_assert(const char *Expression, const char *File, int Line) {
    (void)File;  // the stack says where
    (void)Line;
    for (size_t i = 0; i < ASSERT_TEXT_MAX; i++) {  // the report prints as much of it
        pp_touch_read((const char *)((uintptr_t)Expression + i), 1);
        if (Expression[i] == '\0') {
            break;
        }
    }
    PP_EMIT(CRASH, PP_CRASH_ASSERT, (uintptr_t)Expression);
}

_Noreturn VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1,
                            ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3,
                            ULONG_PTR BugCheckParameter4) {
    (void)BugCheckParameter1;
    (void)BugCheckParameter2;
    (void)BugCheckParameter3;
    (void)BugCheckParameter4;
    PP_EMIT(CRASH, PP_CRASH_BUGCHECK, BugCheckCode);
    pp_fiber_end_run(pp_schedule_current());
}
