// SPDX-License-Identifier: MIT
// What never ends, although everything that the world owed was delivered: what it waits for, and who
// would have had to see to it.
#include "check/family.h"
#include "check/holder.h"
#include "check/place.h"
#include "check/report.h"
#include "check/request.h"
#include "check/told.h"

#include <ndis.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS_OF_A_POLL 3u  // waits of one place that end by themselves, one after the other

struct cause {
    const char *words;
    const struct pp_trail *place;
    enum pp_callback callback;  // the place, if that is NULL
    bool is_poll;
};

static const struct {
    enum pp_rule_index rule;
    const char *words;
} hangs[PP_ACTIVITY_COUNT] = {
    [PP_ACTIVITY_LOAD] = {PP_RULE_STUCK, "load never finishes"},
    [PP_ACTIVITY_UNLOAD] = {PP_RULE_STUCK, "unload never finishes"},
    [PP_ACTIVITY_BIND] = {PP_RULE_STUCK, "bind never finishes"},
    [PP_ACTIVITY_PAUSE] = {PP_RULE_PAUSE_DEADLINE, "pause never finishes"},
    [PP_ACTIVITY_RESTART] = {PP_RULE_STUCK, "restart never finishes"},
    [PP_ACTIVITY_UNBIND] = {PP_RULE_UNBIND_DEADLINE, "unbind never finishes"},
    [PP_ACTIVITY_PNP] = {PP_RULE_STUCK, "PnP event never finishes"},
    [PP_ACTIVITY_IRP] = {PP_RULE_STUCK, "IRP never completes"},
    [PP_ACTIVITY_CANCEL] = {PP_RULE_STUCK, "cancel never returns"},
    [PP_ACTIVITY_DPC] = {PP_RULE_STUCK, "completion never returns"},
    [PP_ACTIVITY_RECEIVE] = {PP_RULE_STUCK, "receive never returns"},
    [PP_ACTIVITY_STATUS] = {PP_RULE_STUCK, "status indication never returns"},
    [PP_ACTIVITY_DEFERRED] = {PP_RULE_STUCK, "DPC routine never returns"},
    [PP_ACTIVITY_WORK] = {PP_RULE_STUCK, "work routine never returns"},
    [PP_ACTIVITY_THREAD] = {PP_RULE_STUCK, "system thread never ends"},
    [PP_ACTIVITY_ACTION] = {PP_RULE_STUCK, "action never returns"},
};

// === Who is to blame ===

// Its callbacks have returned, so it releases nothing any more.
static bool is_gone(const struct pp_holder *holder) {
    return holder->waits == PP_WAITS_NOT && holder->inside_count == 0;
}

static bool is_inside(const struct pp_holder *holder, bool (*is_wanted)(enum pp_callback callback)) {
    return holder->inside_count > 0 && is_wanted((enum pp_callback)holder->inside[0].callback);
}

// The last call of the driver under way, as far as they are known.
static enum pp_callback innermost(const struct pp_holder *holder) {
    uint32_t depth = holder->inside_count < PP_INSIDE_MAX ? holder->inside_count : PP_INSIDE_MAX;
    return depth > 0 ? (enum pp_callback)holder->inside[depth - 1].callback : PP_CALLBACK_NONE;
}

static bool is_of_irp(enum pp_callback callback) {
    return (callback >= PP_CALLBACK_CREATE && callback <= PP_CALLBACK_WRITE) ||
           (callback >= PP_CALLBACK_READ && callback <= PP_CALLBACK_IO_COMPLETION);
}

static bool is_routine(enum pp_callback callback) {
    return callback == PP_CALLBACK_DPC || callback == PP_CALLBACK_WORK ||
           callback == PP_CALLBACK_EX_CALLBACK || callback == PP_CALLBACK_ACTION;
}

// The world needs it, or what is very near to that.
static bool seems_needed(const struct pp_holder *holder, const struct pp_holder *other) {
    bool awaits_irps = holder->waits == PP_WAITS_WORLD && holder->how == PP_AWAIT_IRPS;
    bool awaits_routines = holder->waits == PP_WAITS_WORLD && holder->how == PP_AWAIT_ROUTINES;
    return pp_holder_needs(holder, other) || (awaits_irps && is_inside(other, is_of_irp)) ||
           (awaits_routines && is_inside(other, is_routine));
}

static const struct pp_holder *needed_by(const struct pp_holder *holder) {
    for (uint32_t i = 0; i < pp_holder_count(); i++) {
        const struct pp_holder *other = pp_holder_at(i);
        bool is_stuck = is_gone(other) || other->waits != PP_WAITS_NOT;
        if (other != holder && is_stuck && seems_needed(holder, other)) {
            return other;
        }
    }
    return NULL;
}

// A fiber that waits for a lock of the one given, or NULL.
static const struct pp_holder *who_wants(const struct pp_holder *holder) {
    for (uint32_t i = 0; i < pp_holder_count(); i++) {
        const struct pp_holder *other = pp_holder_at(i);
        if (other != holder && other->waits != PP_WAITS_NOT && pp_holder_needs(other, holder) &&
            pp_holder_has(holder, other->object) != NULL) {
            return other;
        }
    }
    return NULL;
}

// Who waits for another one that waits is not to blame; the last of that chain may be.
static const struct pp_holder *last_needed(const struct pp_holder *holder) {
    for (uint32_t i = 0; i < pp_holder_count(); i++) {
        const struct pp_holder *next = needed_by(holder);
        if (next == NULL) {
            break;
        }
        holder = next;
    }
    return holder;
}

// === Causes ===

static bool is_lost(const struct pp_past *past) {
    return past != NULL && past->set_at > past->taken_at && past->reset_at > past->set_at;
}

static bool is_of_type(const struct pp_holder *holder, const char *word) {
    char text[PP_PLACE_BYTES];
    return strncmp(pp_place_of_object(holder->object, text), word, strlen(word)) == 0;
}

static const char *words_of_object(const struct pp_holder *holder) {
    if (holder->object_count > 1) {
        return "waits for several objects, none of which is set";
    }
    if (who_wants(holder) != NULL) {
        return "waits with a lock held that others want";
    }
    if (is_of_type(holder, "thread")) {
        return "waits for a thread that does not end";
    }
    if (!is_of_type(holder, "event")) {
        return "waits for what does not come";
    }
    return is_lost(pp_holder_past(holder->object))
               ? "waits for an event that was cleared after it was set"
               : "waits for an event that nobody sets";
}

static struct cause cause_of_answer(const char *words, enum pp_callback callback) {
    return (struct cause){.words = words, .callback = callback};
}

static struct cause cause_in_world(const struct pp_event *event, const struct pp_holder *holder) {
    const struct pp_told_event *told = pp_told_pending(event->op);
    switch ((enum pp_await)holder->how) {
    case PP_AWAIT_BIND_COMPLETE:
        return cause_of_answer("NdisCompleteBindAdapterEx not called after PENDING", PP_CALLBACK_BIND);
    case PP_AWAIT_UNBIND_COMPLETE:
        return cause_of_answer("NdisCompleteUnbindAdapterEx not called after PENDING",
                               PP_CALLBACK_UNBIND);
    case PP_AWAIT_PNP_COMPLETE:
        return cause_of_answer("NdisCompleteNetPnPEvent not called after PENDING",
                               told != NULL ? told->callback : PP_CALLBACK_NONE);
    case PP_AWAIT_CALLBACKS:
    case PP_AWAIT_RECEIVES:
        return (struct cause){.words = "waits for a callback that does not return",
                              .place = &holder->trail};
    case PP_AWAIT_RUNDOWN:
        return (struct cause){.words = "waits for rundown protection that nobody releases",
                              .place = &holder->trail};
    default: return (struct cause){.words = "waits", .place = &holder->trail};
    }
}

static struct cause cause_of(const struct pp_event *event, const struct pp_holder *holder) {
    struct cause cause = {.words = "waits", .place = &holder->trail};
    const struct pp_holder *other = who_wants(holder);
    if (is_gone(holder) && other != NULL) {
        cause.words = "waits for a lock that was never released, acquired";
        cause.place = &pp_holder_has(holder, other->object)->trail;
    } else if (holder->waits == PP_WAITS_WORLD) {
        cause = cause_in_world(event, holder);
    } else if (holder->ends && holder->round_count >= ROUNDS_OF_A_POLL) {
        cause.words = "polls";
        cause.is_poll = true;
    } else if (holder->waits == PP_WAITS_TIME) {
        cause.words = "sleeps";
    } else if (holder->waits == PP_WAITS_OBJECT) {
        cause.words = words_of_object(holder);
    } else if (holder->waits == PP_WAITS_LOCK) {
        cause.words = "waits for a lock";
    }
    return cause;
}

// === What is known of it ===

static void tell_past(uint64_t object) {
    const struct pp_past *past = pp_holder_past(object);
    if (past == NULL || past->set_at == 0) {
        pp_report_line("it was never set");
    }
    if (past != NULL) {
        pp_report_trail("initialised", &past->made);
        pp_report_trail("set last", &past->set);
        pp_report_trail("cleared last", &past->reset);
        pp_report_trail("a wait for it ended last", &past->taken);
    }
}

// A call that could have ended the wait, and did not.
static void tell_callbacks(const struct pp_holder *holder) {
    bool has_told = false;
    for (uint32_t i = PP_CALLBACK_NONE + 1; i < PP_CALLBACK_COUNT; i++) {
        uint32_t count = pp_holder_told_count(holder, (enum pp_callback)i);
        if (count > 0) {
            pp_report_line("called since then: %s, %u times, which did not end it", pp_callback_names[i],
                           count);
            has_told = true;
        }
    }
    if (!has_told) {
        pp_report_line("nothing was called since then, and nothing is owed by the world");
    }
}

static void tell_wait(const struct pp_holder *holder) {
    char what[PP_PLACE_BYTES];
    uint32_t since = holder->round_count > 1 ? holder->round_since : holder->since;
    switch ((enum pp_waits)holder->waits) {
    case PP_WAITS_OBJECT:
        pp_report_line("waits for %s, since %u ms", pp_place_of_object(holder->object, what), since);
        tell_past(holder->object);
        break;
    case PP_WAITS_LOCK:
        pp_report_line("waits for %s, since %u ms", pp_place_of_lock(holder->object, holder->kind, what),
                       since);
        break;
    case PP_WAITS_TIME:
        pp_report_line("sleeps, %u times since %u ms", holder->round_count, since);
        break;
    default: pp_report_line("waits since %u ms", since); break;
    }
    tell_callbacks(holder);
}

static void tell_locks(const struct pp_holder *holder) {
    for (uint32_t i = 0; i < holder->held_count; i++) {
        char what[PP_PLACE_BYTES];
        pp_report_line("holds %s", pp_place_of_lock(holder->held[i].lock, holder->held[i].kind, what));
        pp_report_trail("acquired", &holder->held[i].trail);
    }
}

static void tell_request(const struct pp_event *event) {
    const struct pp_request_call *call = pp_request_last_call();
    if (call->fate == PP_FATE_COMPLETED && call->trail.op == event->op) {
        pp_report_line("the completion of its OID request was delivered");
        pp_report_trail("OID request made", &call->trail);
    }
}

static void tell_objects(void) {
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *object = pp_model_object(i);
        bool is_sent = object->kind == PP_OBJECT_NBL && object->sent.callback != PP_CALLBACK_NONE;
        bool is_known = is_sent || object->receipt != 0;
        if (object->state == PP_OBJECT_IN_FLIGHT || (is_known && object->state == PP_OBJECT_LIVE)) {
            pp_report_object(object);
        }
    }
}

static void tell(const struct pp_event *event, const struct pp_holder *holder) {
    if (holder->waits != PP_WAITS_NOT) {
        tell_wait(holder);
    }
    tell_locks(holder);
    const struct pp_holder *other = who_wants(holder);
    if (other != NULL) {
        pp_report_trail("one of these locks is wanted", &other->trail);
    }
    tell_request(event);
    tell_objects();
}

// === Judgement ===

static const struct pp_object *first_received(void) {
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *object = pp_model_object(i);
        if (object->receipt != 0 && object->state != PP_OBJECT_FREED) {
            return object;
        }
    }
    return NULL;
}

static bool judge_forgotten(const struct pp_event *event) {
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *object = pp_model_object(i);
        if (pp_model_is_forgotten(object)) {
            pp_report_lost(event, object);
            pp_report_object(object);
            return true;
        }
    }
    return false;
}

static bool judge_received(const struct pp_event *event) {
    const struct pp_object *received = first_received();
    if (event->args[0] != PP_ACTIVITY_PAUSE || event->callback == PP_CALLBACK_PAUSE ||
        received == NULL) {
        return false;
    }
    pp_report_at(PP_RULE_PAUSE_DEADLINE, event, "pause never finishes, NBL not returned",
                 ", received in", &received->made);
    tell_objects();
    return true;
}

// The callback that waits for the lock is one that has set the event before, or that completes what the
// other one has asked for.
static bool is_setter(const struct pp_event *event, const struct pp_holder *setter,
                      const struct pp_holder *holder) {
    const struct pp_past *past = pp_holder_past(holder->object);
    const struct pp_request_call *call = pp_request_last_call();
    enum pp_callback callback = innermost(setter);
    bool has_set = past != NULL && past->set_at != 0 && past->set.callback == callback;
    bool completes = callback == PP_CALLBACK_OID_COMPLETE && call->fate == PP_FATE_COMPLETED &&
                     call->trail.op == event->op;
    return has_set || completes;
}

static bool judge_setter(const struct pp_event *event, const struct pp_holder *holder) {
    const struct pp_holder *setter = who_wants(holder);
    bool is_deadlock = holder->waits == PP_WAITS_OBJECT && !holder->ends && setter != NULL &&
                       is_setter(event, setter, holder);
    if (is_deadlock) {
        pp_report_at(PP_RULE_DEADLOCK, event, "wait for an event with a lock held that its setter wants",
                     " in", &holder->trail);
        tell(event, holder);
    }
    return is_deadlock;
}

// What the one to blame is doing: its innermost call of the driver tells better than what led to that
// call.
static enum pp_activity activity_of(const struct pp_event *event, const struct pp_holder *holder) {
    static const uint8_t activities[PP_CALLBACK_COUNT] = {
        [PP_CALLBACK_DRIVER_UNLOAD] = PP_ACTIVITY_UNLOAD,
        [PP_CALLBACK_BIND] = PP_ACTIVITY_BIND,
        [PP_CALLBACK_PAUSE] = PP_ACTIVITY_PAUSE,
        [PP_CALLBACK_RESTART] = PP_ACTIVITY_RESTART,
        [PP_CALLBACK_UNBIND] = PP_ACTIVITY_UNBIND,
        [PP_CALLBACK_WRITE] = PP_ACTIVITY_IRP,
        [PP_CALLBACK_READ] = PP_ACTIVITY_IRP,
        [PP_CALLBACK_DEVICE_CONTROL] = PP_ACTIVITY_IRP,
        [PP_CALLBACK_CREATE] = PP_ACTIVITY_IRP,
        [PP_CALLBACK_CLEANUP] = PP_ACTIVITY_IRP,
        [PP_CALLBACK_CLOSE] = PP_ACTIVITY_IRP,
        [PP_CALLBACK_CANCEL] = PP_ACTIVITY_CANCEL,
        [PP_CALLBACK_SEND_COMPLETE] = PP_ACTIVITY_DPC,
        [PP_CALLBACK_OID_COMPLETE] = PP_ACTIVITY_DPC,
        [PP_CALLBACK_RECEIVE] = PP_ACTIVITY_RECEIVE,
        [PP_CALLBACK_STATUS] = PP_ACTIVITY_STATUS,
        [PP_CALLBACK_DPC] = PP_ACTIVITY_DEFERRED,
        [PP_CALLBACK_WORK] = PP_ACTIVITY_WORK,
        [PP_CALLBACK_THREAD] = PP_ACTIVITY_THREAD,
        [PP_CALLBACK_ACTION] = PP_ACTIVITY_ACTION,
    };
    uint8_t known = activities[innermost(holder)];
    return known != 0 ? (enum pp_activity)known : (enum pp_activity)event->args[0];
}

static void judge_wait(const struct pp_event *event, const struct pp_holder *holder) {
    enum pp_activity activity = activity_of(event, holder);
    struct cause cause = cause_of(event, holder);
    char what[128];
    snprintf(what, sizeof(what), "%s, %s", hangs[activity].words, cause.words);
    enum pp_rule_index rule = cause.is_poll ? PP_RULE_STUCK_POLL : hangs[activity].rule;
    if (cause.place != NULL) {
        pp_report_at(rule, event, what, " in", cause.place);
    } else {
        pp_report_callback(rule, event, what, cause.callback);
    }
    tell(event, holder);
}

// An NBL that was left alone in a completion list is a better reason than that somebody waits for it.
void pp_check_stuck(const struct pp_event *event) {
    const struct pp_holder *holder = pp_holder_of(event);
    const struct pp_holder *last = holder != NULL ? last_needed(holder) : NULL;
    bool is_known = judge_forgotten(event) || (last != NULL && judge_setter(event, last)) ||
                    pp_check_oid_wait(event) || pp_check_event_wait(event);
    if (is_known) {
        return;
    }
    bool is_of_world = event->callback == PP_CALLBACK_NONE;
    if (event->args[0] == PP_ACTIVITY_IRP && is_of_world && last == holder &&
        pp_check_lost_irps(event)) {
        return;
    }
    if (last == holder && judge_received(event)) {
        return;
    }
    if (last != NULL && (last != holder || !is_gone(last))) {
        judge_wait(event, last);
    } else {
        pp_report(hangs[event->args[0]].rule, event, hangs[event->args[0]].words);
    }
}

// The same without time passing: who looks at an event, and at once again.
void pp_check_spin(const struct pp_event *event) {
    const struct pp_holder *holder = pp_holder_of(event);
    bool is_spin = event->args[0] == PP_CRASH_ENDLESS && holder != NULL && holder->looked_at != 0 &&
                   pp_report_is_from(event, &holder->look);
    if (is_spin) {
        char what[PP_PLACE_BYTES];
        pp_report(PP_RULE_STUCK_POLL, event, "polls without letting time pass");
        pp_report_line("looks at %s", pp_place_of_object(holder->looked_at, what));
        tell_past(holder->looked_at);
        tell_locks(holder);
    }
}
