// SPDX-License-Identifier: MIT
#include "check/life.h"

#include "base/grow.h"
#include "base/guard.h"
#include "check/report.h"
#include "check/store.h"

#include <ndis.h>

static struct pp_life *lives;
static uint32_t life_count;
static uint32_t life_capacity;

void pp_life_reset(void) { life_count = 0; }

void pp_life_begin(struct pp_object *binding, uint64_t bind_context) {
    lives = pp_grow(lives, &life_capacity, life_count, sizeof(*lives));
    lives[life_count] =
        (struct pp_life){.binding = pp_model_index(binding), .bind.context = bind_context};
    binding->life = life_count++;
}

const struct pp_life *pp_life_of(const struct pp_object *binding) { return &lives[binding->life]; }

static struct pp_life *find_bind(uint64_t context) {
    for (uint32_t i = life_count; i-- > 0;) {
        if (lives[i].bind.context == context) {
            return &lives[i];
        }
    }
    return NULL;
}

static struct pp_life *find_unbind(uint64_t context) {
    for (uint32_t i = life_count; i-- > 0;) {
        if (context != 0 && lives[i].unbind.context == context) {
            return &lives[i];
        }
    }
    return NULL;
}

const struct pp_life *pp_life_of_bind(uint64_t bind_context) { return find_bind(bind_context); }

const struct pp_life *pp_life_of_unbind(uint64_t unbind_context) { return find_unbind(unbind_context); }

const struct pp_object *pp_life_using(const struct pp_object *memory) {
    for (uint32_t i = 0; i < life_count; i++) {
        const struct pp_object *binding = pp_model_object(lives[i].binding);
        bool is_used = binding->is_open || binding->is_close_pending || lives[i].open == PP_OPEN_PENDING;
        if (is_used && lives[i].context - memory->address < memory->size) {
            return binding;
        }
    }
    return NULL;
}

const struct pp_object *pp_life_without_handle(void) {
    for (uint32_t i = 0; i < life_count; i++) {
        const struct pp_object *binding = pp_model_object(lives[i].binding);
        if (binding->phase == PP_PHASE_OPENING &&
            (lives[i].open == PP_OPEN_PENDING || lives[i].open == PP_OPEN_FAILED)) {
            return binding;
        }
    }
    return NULL;
}

bool pp_life_is_given_up(const struct pp_object *binding, const struct pp_event *event) {
    const struct pp_trail *given_up = &lives[binding->life].given_up;
    return given_up->callback != PP_CALLBACK_NONE && given_up->op == event->op &&
           pp_report_is_from(event, given_up);
}

// === Events ===

PP_READS_CLOSED static void note_open(const struct pp_event *event) {
    struct pp_life *life = find_bind(event->args[1]);
    if (life == NULL) {
        return;
    }
    const NDIS_OPEN_PARAMETERS *parameters = (const NDIS_OPEN_PARAMETERS *)event->args[2];
    life->is_open_ending = life->has_outputs = false;
    life->context = event->args[3];
    life->outputs[0] = event->args[4];
    life->outputs[1] = (uintptr_t)parameters->SelectedMediumIndex;
    for (size_t i = 0; i < 2; i++) {
        life->is_output_on_stack[i] =
            life->outputs[i] >= event->stack_low && life->outputs[i] < event->stack_high;
    }
}

static enum pp_open_progress progress_of(NDIS_STATUS status) {
    switch (status) {
    case NDIS_STATUS_SUCCESS: return PP_OPEN_DONE;
    case NDIS_STATUS_PENDING: return PP_OPEN_PENDING;
    default: return PP_OPEN_FAILED;
    }
}

static void note_return(struct pp_call *call, NDIS_STATUS status) {
    call->is_over = true;
    call->is_pending = status == NDIS_STATUS_PENDING;
}

static void note_leave(const struct pp_event *event) {
    bool is_bind = event->args[0] == PP_CALLBACK_BIND;
    if (!is_bind && event->args[0] != PP_CALLBACK_UNBIND) {
        return;
    }
    struct pp_life *life = &lives[pp_model_at(event->args[1])->life];
    note_return(is_bind ? &life->bind : &life->unbind, (NDIS_STATUS)event->args[2]);
}

static void note_completed(const struct pp_event *event) {
    bool is_bind = event->kind == PP_EVENT_BIND_COMPLETE;
    struct pp_life *life = is_bind ? find_bind(event->args[0]) : find_unbind(event->args[0]);
    if (life != NULL) {
        (is_bind ? &life->bind : &life->unbind)->was_completed = true;
    }
}

static struct pp_life *life_at(const struct pp_event *event) {
    return &lives[pp_model_at(event->args[0])->life];
}

void pp_life_apply(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_OPEN: note_open(event); break;
    case PP_EVENT_OPEN_FINISH: life_at(event)->is_open_ending = true; break;
    case PP_EVENT_OPEN_OUTPUTS: life_at(event)->has_outputs = true; break;
    case PP_EVENT_OPENED:
    case PP_EVENT_OPEN_FINISHED: life_at(event)->open = progress_of((NDIS_STATUS)event->args[1]); break;
    case PP_EVENT_BINDING_CLOSING: life_at(event)->unbind.context = event->args[1]; break;
    case PP_EVENT_CALLBACK_LEAVE: note_leave(event); break;
    case PP_EVENT_BIND_COMPLETE:
    case PP_EVENT_UNBIND_COMPLETE: note_completed(event); break;
    case PP_EVENT_UNBIND_ASKED:
        if ((NDIS_STATUS)event->args[1] == NDIS_STATUS_SUCCESS) {
            pp_store_take_trail(&life_at(event)->given_up, event);
        }
        break;
    default: break;
    }
}
