// SPDX-License-Identifier: MIT
// Rules about IRPs: how a driver answers, completes, cancels and passes them on.
#include "check/family.h"
#include "check/report.h"

#include <wdm.h>

static const struct pp_object *irp_at(uint64_t address) {
    const struct pp_object *object = pp_model_at(address);
    return object != NULL && object->kind == PP_OBJECT_IRP ? object : NULL;
}

static void judge_answer(const struct pp_event *event) {
    enum pp_callback dispatch = (enum pp_callback)event->args[1];
    bool is_pending = (NTSTATUS)event->args[2] == STATUS_PENDING;
    bool is_marked = event->args[3] != 0, is_completed = event->args[4] != 0;
    const struct pp_object *irp = irp_at(event->args[0]);
    if (is_marked && !is_pending) {
        pp_report_callback(PP_RULE_IRP_PENDING, event,
                           "IRP marked pending, and not STATUS_PENDING returned", dispatch);
    } else if (!is_completed) {
        pp_report_callback(PP_RULE_IRP_LOST, event, "IRP neither completed nor pending", dispatch);
    } else if (is_pending && !is_marked) {
        pp_report_callback(PP_RULE_IRP_PENDING, event,
                           "STATUS_PENDING returned, and IRP not marked pending", dispatch);
    }
    if (pp_report_get() != NULL && irp != NULL) {
        pp_report_object(irp);
    }
}

static void judge_complete(const struct pp_event *event) {
    NTSTATUS status = (NTSTATUS)event->args[1];
    const struct pp_object *irp = irp_at(event->args[0]);
    if (event->args[4] == 0) {
        pp_report(PP_RULE_IRP_ONCE, event, "IRP completed again");
    } else if (event->irql > DISPATCH_LEVEL) {
        pp_report(PP_RULE_IRP_LEVEL, event, "IRP completed above DISPATCH_LEVEL");
    } else if (status == STATUS_PENDING) {
        pp_report(PP_RULE_IRP_STATUS, event, "IRP completed with STATUS_PENDING");
    } else if (event->args[3] != 0) {
        pp_report(PP_RULE_IRP_CANCEL_SET, event, "IRP completed with a cancel routine");
    } else if (irp != NULL && !NT_ERROR(status) && irp->room != UINT32_MAX &&
               event->args[2] > irp->room) {
        pp_report(PP_RULE_IRP_INFORMATION, event, "more answered than there is room for");
        pp_report_line("Information %llu, room for %u bytes", (unsigned long long)event->args[2],
                       irp->room);
    }
    if (pp_report_get() != NULL && irp != NULL) {
        pp_report_object(irp);
    }
}

static void judge_call(const struct pp_event *event) {
    const struct pp_object *irp = irp_at(event->args[0]);
    if (event->args[3] == 0) {
        pp_report(PP_RULE_IRP_STACK, event, "IRP passed on to something that is no device");
    } else if (event->args[1] == 0) {
        pp_report(PP_RULE_IRP_STACK, event,
                  irp == NULL || irp->state == PP_OBJECT_FREED
                      ? "something that is no IRP passed on"
                      : "IRP passed on without a stack location left");
    }
}

// The world is about to take back what the driver has allocated, or has freed.
static void judge_end(const struct pp_event *event) {
    const struct pp_object *irp = irp_at(event->args[0]);
    bool is_freed = irp != NULL && irp->state == PP_OBJECT_FREED;
    if (event->kind == PP_EVENT_IRP_KEPT) {
        if (is_freed && event->args[1] == 0) {
            pp_report_callback(PP_RULE_IRP_OWN, event, "IRP freed and not kept",
                               PP_CALLBACK_IO_COMPLETION);
            pp_report_object(irp);
        }
    } else if (event->args[1] == PP_IRP_OF_DRIVER) {
        pp_report_at(PP_RULE_IRP_OWN, event, "allocated IRP that no completion routine keeps",
                     ", made in", &irp->made);
    }
}

static void judge_free(const struct pp_event *event) {
    const struct pp_object *irp = irp_at(event->args[0]);
    if (irp == NULL || irp->irp_maker != PP_IRP_OF_DRIVER) {
        pp_report(PP_RULE_IRP_OWN, event, "IRP freed that the driver has not allocated");
    } else if (irp->state == PP_OBJECT_FREED) {
        pp_report(PP_RULE_IRP_OWN, event, "IRP freed again");
        pp_report_object(irp);
    }
}

static void judge_left(const struct pp_event *event) {
    const struct pp_object *irp = irp_at(event->args[0]);
    if (irp != NULL && irp->sent.callback != PP_CALLBACK_NONE) {
        pp_report_at(PP_RULE_IRP_CLEANUP, event, "IRP left queued by the cleanup", ", marked pending in",
                     &irp->sent);
        pp_report_object(irp);
    }
}

void pp_check_irps(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_IRP_CALL: judge_call(event); break;
    case PP_EVENT_IRP_ANSWERED: judge_answer(event); break;
    case PP_EVENT_IRP_COMPLETE: judge_complete(event); break;
    case PP_EVENT_IRP_FREE: judge_free(event); break;
    case PP_EVENT_IRP_LEFT: judge_left(event); break;
    case PP_EVENT_CANCEL_RETURNED:
        if (event->args[1] != 0) {
            pp_report_callback(PP_RULE_IRP_CANCEL_LOCK, event, "cancel spin lock not released",
                               PP_CALLBACK_CANCEL);
        }
        break;
    default: judge_end(event); break;
    }
}

bool pp_check_lost_irps(const struct pp_event *event) {
    bool is_reported = false;
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *irp = pp_model_object(i);
        if (irp->kind != PP_OBJECT_IRP || irp->state == PP_OBJECT_FREED ||
            irp->irp_maker != PP_IRP_OF_PROGRAM) {
            continue;
        }
        if (!is_reported) {
            pp_report_at(PP_RULE_IRP_LOST, event, "IRP never completed", ", marked pending in",
                         irp->sent.callback != PP_CALLBACK_NONE ? &irp->sent : &irp->made);
            is_reported = true;
        }
        pp_report_object(irp);
    }
    return is_reported;
}
