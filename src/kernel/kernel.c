// SPDX-License-Identifier: MIT
#include "kernel/kernel.h"

#include "kernel/crt.h"
#include "kernel/deferred.h"
#include "kernel/dispatcher.h"
#include "kernel/dpc.h"
#include "kernel/ex_callback.h"
#include "kernel/named_event.h"
#include "kernel/reference.h"
#include "kernel/registry.h"
#include "kernel/timer.h"
#include "kernel/work.h"

void pp_kernel_reset(void) {
    pp_crt_reset();
    pp_deferred_reset();
    pp_dispatcher_reset();
    pp_dpc_reset();
    pp_ex_callback_reset();
    pp_named_event_reset();
    pp_reference_reset();
    pp_registry_reset();
    pp_timer_reset();
    pp_work_reset();
}
