// SPDX-License-Identifier: MIT
// Callbacks that a driver may answer with PENDING.
#include "kernel/schedule.h"
#include "ndis/binding.h"

NDIS_STATUS pp_answer_settle(struct pp_answer *answer, NDIS_STATUS returned, enum pp_await what,
                             NDIS_HANDLE about) {
    if (returned != NDIS_STATUS_PENDING) {
        answer->is_due = false;
        return returned;
    }
    while (answer->is_due) {
        pp_schedule_await(what, about, answer);
    }
    return answer->status;
}

void pp_answer_give(struct pp_answer *answer, NDIS_STATUS status) {
    if (answer->is_due) {
        *answer = (struct pp_answer){.is_due = false, .status = status};
        pp_schedule_wake(answer, /*all=*/true);
    }
}
