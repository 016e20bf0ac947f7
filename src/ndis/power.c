// SPDX-License-Identifier: MIT
// Power: a driver is told that its adapter goes to sleep, and is paused then; woken, it is told so, and
// restarted if it ran before. In between the adapter answers nothing.
#include "base/emit.h"
#include "kernel/schedule.h"
#include "ndis/binding.h"

bool pp_binding_is_asleep(const struct pp_binding *binding) { return binding->power > NetDeviceStateD0; }

static void set_power(struct pp_binding *binding, NET_DEVICE_POWER_STATE state) {
    binding->power = state;
    PP_EMIT(POWER, pp_object(binding->handle), state);
}

static void put_to_sleep(struct pp_binding *binding, NET_DEVICE_POWER_STATE state) {
    pp_binding_tell(binding, NetEventSetPower, state);
    set_power(binding, state);
    if (binding->state == PP_BINDING_RUNNING) {
        binding->was_running = true;
        pp_binding_pause(binding, NDIS_PAUSE_LOW_POWER);
    }
}

void pp_binding_wake(struct pp_binding *binding) {
    if (pp_binding_is_asleep(binding)) {
        set_power(binding, NetDeviceStateD0);
        pp_binding_tell(binding, NetEventSetPower, NetDeviceStateD0);
    }
}

static void run_set_power(void *subject, uint64_t state) {
    struct pp_binding *binding = subject;
    if (state > NetDeviceStateD0) {
        put_to_sleep(binding, (NET_DEVICE_POWER_STATE)state);
    } else {
        pp_binding_wake(binding);
        if (binding->was_running) {
            const struct pp_restart restart = {.buffer = PP_RESTART_NOTHING};
            binding->was_running = false;
            pp_binding_restart(binding, &restart);
        }
    }
    pp_schedule_wake(binding, /*all=*/true);
}

// What sleeps only wakes: another depth of sleep comes after that.
bool pp_ndis_set_power(uint32_t number, NET_DEVICE_POWER_STATE state) {
    struct pp_binding *binding = pp_binding_of_number(number);
    bool is_possible =
        pp_binding_can(binding, PP_STEP_PAUSE) || pp_binding_can(binding, PP_STEP_RESTART);
    return is_possible && pp_binding_is_asleep(binding) != (state > NetDeviceStateD0) &&
           pp_schedule_start(PP_ACTIVITY_PNP, run_set_power, binding, state);
}
