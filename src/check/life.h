// SPDX-License-Identifier: MIT
// What is known of a binding's life beyond its phase: the contexts that NDIS passed for it, how far
// bind, open and unbind have come, and where the driver wants the results of its open.
#pragma once
#include "check/model.h"

enum pp_open_progress { PP_OPEN_NOT_ASKED, PP_OPEN_PENDING, PP_OPEN_FAILED, PP_OPEN_DONE };

// ProtocolBindAdapterEx or ProtocolUnbindAdapterEx.
struct pp_call {
    uint64_t context;    // BindContext or UnbindContext
    bool is_over;        // the callback has returned
    bool is_pending;     // it has returned PENDING
    bool was_completed;  // NdisComplete... was called
};

struct pp_life {
    uint32_t binding;  // index of the object
    struct pp_call bind;
    struct pp_call unbind;
    enum pp_open_progress open;
    bool is_open_ending;         // one that pended is about to be completed
    bool has_outputs;            // what the open results in has been written
    uint64_t context;            // ProtocolBindingContext
    uint64_t outputs[2];         // of the open: the handle, SelectedMediumIndex or 0
    bool is_output_on_stack[2];  // of the fiber that opened the adapter
    struct pp_trail given_up;    // NdisUnbindAdapter was called
};

void pp_life_reset(void);

// A binding begins, with that BindContext.
void pp_life_begin(struct pp_object *binding, uint64_t bind_context);

const struct pp_life *pp_life_of(const struct pp_object *binding);

// The newest life with this BindContext or UnbindContext, or NULL.
const struct pp_life *pp_life_of_bind(uint64_t bind_context);
const struct pp_life *pp_life_of_unbind(uint64_t unbind_context);

// The binding whose context this is while it may still be called with it: from its open until its close
// has completed. NULL if there is none.
const struct pp_object *pp_life_using(const struct pp_object *memory);

// A binding, other than an open one, whose open pends or has failed, the bind being under way; or NULL.
const struct pp_object *pp_life_without_handle(void);

// True if the driver called NdisUnbindAdapter for the binding where it now acts, earlier in this op.
bool pp_life_is_given_up(const struct pp_object *binding, const struct pp_event *event);

void pp_life_apply(const struct pp_event *event);
