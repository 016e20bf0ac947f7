// SPDX-License-Identifier: MIT
// Fibers on Boost.Context's C entry points, with the sanitizer told of each switch.
#include "kernel/fiber.h"

#include "base/emit.h"
#include "base/expect.h"
#include "base/guard.h"

#include <sys/mman.h>

#define STACK_REGION ((char *)0x5e4000000000)
#define STACK_BYTES (256u << 10)  // with instrumentation; a Windows kernel stack has 24 KiB
#define STACK_GUARD_BYTES 4096u

// Boost.Context's own header is C++.
typedef void *fcontext_t;
typedef struct {
    fcontext_t fctx;
    void *data;
} transfer_t;
extern transfer_t jump_fcontext(fcontext_t to, void *data);
extern fcontext_t make_fcontext(void *stack_top, size_t size, void (*function)(transfer_t));

#if PP_HAS_GUARD
void __sanitizer_start_switch_fiber(void **fake_stack_save, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *fake_stack_save, const void **bottom_old, size_t *size_old);
#else
#define __sanitizer_start_switch_fiber(save, bottom, size) ((void)(bottom), (void)(size))
#define __sanitizer_finish_switch_fiber(save, bottom, size) ((void)(save), (void)(bottom), (void)(size))
#endif

static fcontext_t host_context;
static const void *host_stack_bottom;
static size_t host_stack_size;
static bool run_is_over;
static struct pp_now host_now;

static void make_stack(struct pp_fiber *fiber) {
    static uint32_t stack_count;
    char *low = STACK_REGION + (size_t)stack_count++ * STACK_BYTES;
    void *memory = mmap(low, STACK_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    pp_expect(memory == low, "no room for a fiber's stack");
    mprotect(low, STACK_GUARD_BYTES, PROT_NONE);
    fiber->stack_low = low + STACK_GUARD_BYTES;
    fiber->stack_high = low + STACK_BYTES;
}

PP_CALLED_FROM_OUTSIDE static void switch_to_host(struct pp_fiber *fiber, bool is_last) {
    (void)is_last;
    __sanitizer_start_switch_fiber(is_last ? NULL : &fiber->fake_stack, host_stack_bottom,
                                   host_stack_size);
    transfer_t from = jump_fcontext(host_context, NULL);
    __sanitizer_finish_switch_fiber(fiber->fake_stack, &host_stack_bottom, &host_stack_size);
    host_context = from.fctx;
}

PP_CALLED_FROM_OUTSIDE static void fiber_main(transfer_t from) {
    __sanitizer_finish_switch_fiber(NULL, &host_stack_bottom, &host_stack_size);
    host_context = from.fctx;
    struct pp_fiber *fiber = from.data;
    for (;;) {
        fiber->run(fiber->subject, fiber->detail);
        fiber->state = PP_FIBER_DONE;
        switch_to_host(fiber, /*is_last=*/false);
    }
}

PP_CALLED_FROM_OUTSIDE bool pp_fiber_resume(struct pp_fiber *fiber) {
    if (fiber->stack_low == NULL) {
        make_stack(fiber);
    }
    if (fiber->context == NULL) {
        fiber->context =
            make_fcontext(fiber->stack_high, (size_t)(fiber->stack_high - fiber->stack_low), fiber_main);
    }
    host_now = pp_now;
    pp_now.op = fiber->op;
    pp_now.callback = fiber->callback;
    pp_now.irql = fiber->irql;
    pp_now.stack_low = (uintptr_t)fiber->stack_low;
    pp_now.stack_high = (uintptr_t)fiber->stack_high;

    void *fake_stack = NULL;
    __sanitizer_start_switch_fiber(&fake_stack, fiber->stack_low,
                                   (size_t)(fiber->stack_high - fiber->stack_low));
    transfer_t from = jump_fcontext(fiber->context, fiber);
    __sanitizer_finish_switch_fiber(fake_stack, NULL, NULL);

    fiber->context = from.fctx;
    fiber->op = pp_now.op;
    fiber->callback = pp_now.callback;
    fiber->irql = pp_now.irql;
    host_now.switch_countdown = pp_now.switch_countdown;
    host_now.access_countdown = pp_now.access_countdown;
    pp_now = host_now;
    bool goes_on = !run_is_over;
    run_is_over = false;
    return goes_on;
}

void pp_fiber_leave(struct pp_fiber *fiber) { switch_to_host(fiber, /*is_last=*/false); }

_Noreturn void pp_fiber_finish(struct pp_fiber *fiber) {
    fiber->state = PP_FIBER_LEFT;
    switch_to_host(fiber, /*is_last=*/true);
    __builtin_unreachable();
}

_Noreturn void pp_fiber_end_run(struct pp_fiber *fiber) {
    run_is_over = true;
    switch_to_host(fiber, /*is_last=*/true);
    __builtin_unreachable();
}

void pp_fiber_drop(struct pp_fiber *fiber) {
    if (fiber->state != PP_FIBER_DONE) {
        pp_guard_open(fiber->stack_low, (size_t)(fiber->stack_high - fiber->stack_low));
        pp_guard_define(fiber->stack_low, (size_t)(fiber->stack_high - fiber->stack_low));
        fiber->context = NULL;
    }
    fiber->state = PP_FIBER_UNUSED;
}
