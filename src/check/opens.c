// SPDX-License-Identifier: MIT
// Rules about how a binding begins: its open, the completion of bind and unbind, the handle, the
// context.
#include "check/family.h"
#include "check/life.h"
#include "check/report.h"

#include "base/guard.h"

#include <ndis.h>
#include <stdio.h>

// === Handles ===

enum pp_rule_index pp_check_rule_of_handle(const struct pp_event *event,
                                           const struct pp_object *binding) {
    bool is_known = binding != NULL && binding->kind == PP_OBJECT_BINDING;
    if (is_known && binding->was_closed) {
        return pp_life_is_given_up(binding, event) ? PP_RULE_UNBINDADAPTER_HANDLE : PP_RULE_CLOSE_HANDLE;
    }
    return pp_life_without_handle() != NULL ? PP_RULE_OPEN_EARLY_USE : PP_RULE_CLOSE_HANDLE;
}

const struct pp_object *pp_check_handle(const struct pp_event *event, const char *act) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    const char *on = " before the adapter is open";
    if (binding == NULL || binding->kind != PP_OBJECT_BINDING) {
        on = " on something that is no binding";
    } else if (binding->is_open) {
        return binding;
    } else if (binding->was_closed) {
        on = " on a closed binding";
    }
    char what[96];
    snprintf(what, sizeof(what), "%s%s", act, on);
    pp_report(pp_check_rule_of_handle(event, binding), event, what);
    return NULL;
}

// === Opening ===

PP_READS_CLOSED static void judge_open(const struct pp_event *event) {
    const struct pp_object *protocol = pp_model_at(event->args[0]);
    const struct pp_life *life = pp_life_of_bind(event->args[1]);
    if (protocol == NULL || protocol->kind != PP_OBJECT_PROTOCOL) {
        pp_report(PP_RULE_OPEN_CONTEXT, event, "adapter opened with something that is no protocol");
        return;
    }
    if (life == NULL) {
        pp_report(PP_RULE_OPEN_CONTEXT, event, "adapter opened with something that is no BindContext");
        return;
    }
    const struct pp_object *binding = pp_model_object(life->binding);
    if (life->bind.is_over) {
        pp_report(PP_RULE_OPEN_CONTEXT, event, "adapter opened outside of its bind");
        pp_report_object(binding);
    } else if (binding->is_open || binding->is_close_pending || life->open == PP_OPEN_PENDING) {
        pp_report(PP_RULE_OPEN_CONTEXT, event, "adapter opened twice in a bind");
        pp_report_object(binding);
    } else if (((const NDIS_OPEN_PARAMETERS *)event->args[2])->FrameTypeArraySize >
               NDIS_MAX_FRAME_TYPES_PER_OPEN) {
        pp_report(PP_RULE_OPEN_FRAMETYPES, event, "adapter opened with too many frame types");
    }
}

static void judge_outputs(const struct pp_event *event) {
    const struct pp_life *life = pp_life_of(pp_model_at(event->args[0]));
    for (size_t i = 0; i < 2; i++) {
        const struct pp_object *memory = pp_model_around(life->outputs[i], /*reach=*/0);
        if (life->is_output_on_stack[i] && life->bind.is_over) {
            pp_report_callback(PP_RULE_OPEN_STORAGE, event, "results of a pending open on a dead stack",
                               PP_CALLBACK_BIND);
            return;
        }
        if (life->outputs[i] != 0 && memory != NULL && memory->state == PP_OBJECT_FREED) {
            pp_report_at(PP_RULE_OPEN_STORAGE, event, "results of a pending open in freed memory",
                         ", freed in", &memory->freed);
            pp_report_object(memory);
            return;
        }
    }
}

// === Completing ===

static void judge_completion(const struct pp_event *event, enum pp_rule_index rule,
                             const struct pp_call *call, const char *const whats[4]) {
    const char *what = NULL;
    if (call == NULL) {
        what = whats[0];
    } else if (call->was_completed) {
        what = whats[1];
    } else if (call->is_over && !call->is_pending) {
        what = whats[2];
    } else if (rule == PP_RULE_BIND_COMPLETE && (NDIS_STATUS)event->args[1] == NDIS_STATUS_PENDING) {
        what = whats[3];
    }
    if (what != NULL) {
        pp_report(rule, event, what);
    }
}

static void judge_bind_complete(const struct pp_event *event) {
    static const char *const whats[] = {"something completed that is no bind", "bind completed again",
                                        "bind completed that did not pend", "bind completed as pending"};
    const struct pp_life *life = pp_life_of_bind(event->args[0]);
    judge_completion(event, PP_RULE_BIND_COMPLETE, life != NULL ? &life->bind : NULL, whats);
}

static void judge_unbind_complete(const struct pp_event *event) {
    static const char *const whats[] = {"something completed that is no unbind",
                                        "unbind completed again", "unbind completed that did not pend",
                                        NULL};
    const struct pp_life *life = pp_life_of_unbind(event->args[0]);
    judge_completion(event, PP_RULE_UNBIND_COMPLETE, life != NULL ? &life->unbind : NULL, whats);
    if (life != NULL && pp_model_object(life->binding)->is_close_pending) {
        pp_report_callback(PP_RULE_UNBIND_WAIT_CLOSE, event, "unbind finished before its close",
                           PP_CALLBACK_UNBIND);
        pp_report_object(pp_model_object(life->binding));
    }
}

// Of a callback that NdisComplete... has been called for already.
static void judge_leave(const struct pp_event *event) {
    enum pp_callback callback = (enum pp_callback)event->args[0];
    if ((callback != PP_CALLBACK_BIND && callback != PP_CALLBACK_UNBIND) ||
        (NDIS_STATUS)event->args[2] == NDIS_STATUS_PENDING) {
        return;
    }
    const struct pp_life *life = pp_life_of(pp_model_at(event->args[1]));
    if (callback == PP_CALLBACK_BIND && life->bind.was_completed) {
        pp_report_callback(PP_RULE_BIND_COMPLETE, event, "bind completed and answered, too", callback);
    } else if (callback == PP_CALLBACK_UNBIND && life->unbind.was_completed) {
        pp_report_callback(PP_RULE_UNBIND_COMPLETE, event, "unbind completed and answered, too",
                           callback);
    }
}

// === The context ===

static void judge_free(const struct pp_event *event) {
    struct pp_object *memory = pp_model_at(event->args[0]);
    if (memory == NULL || memory->state == PP_OBJECT_FREED) {
        return;
    }
    const struct pp_object *binding = pp_life_using(memory);
    if (binding != NULL) {
        pp_report(PP_RULE_UNBIND_CTX_LIFE, event, "binding context freed while NDIS may call with it");
        pp_report_object(memory);
        pp_report_object(binding);
    }
}

void pp_check_opens(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_OPEN: judge_open(event); break;
    case PP_EVENT_OPEN_FINISH: judge_outputs(event); break;
    case PP_EVENT_BIND_COMPLETE: judge_bind_complete(event); break;
    case PP_EVENT_UNBIND_COMPLETE: judge_unbind_complete(event); break;
    case PP_EVENT_CALLBACK_LEAVE: judge_leave(event); break;
    case PP_EVENT_BINDING_USE: pp_check_handle(event, "name asked for"); break;
    case PP_EVENT_UNBIND_ADAPTER: pp_check_handle(event, "unbind asked for"); break;
    default: judge_free(event); break;
    }
}
