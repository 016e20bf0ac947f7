// SPDX-License-Identifier: MIT
// OID requests that pend: memory of the driver's that is NDIS's until they complete. And what a binding
// has set by them.
#pragma once
#include "check/model.h"

struct pp_request {
    uint64_t address;
    uint64_t size;
    uint64_t buffer;
    uint64_t buffer_size;
    uint64_t digest;  // of both
    uint32_t binding;
    bool is_direct;
    struct pp_trail trail;
};

void pp_request_reset(void);
void pp_request_apply(const struct pp_event *event);

// The pending request at exactly this address, or NULL.
const struct pp_request *pp_request_at(uint64_t address);

// A pending request that has a part of these bytes, its buffer included, or NULL.
const struct pp_request *pp_request_with(uint64_t address, uint64_t size);

// A pending request of this binding, or NULL.
const struct pp_request *pp_request_of(const struct pp_object *binding);

// A pending request that lies in the object, or in what came with it, or NULL.
const struct pp_request *pp_request_in(const struct pp_object *object);

// A pending request, itself or its buffer, on the stack of the callback that the event leaves, or NULL.
const struct pp_request *pp_request_on_stack(const struct pp_event *event);

// True if nothing was done to it since it was taken.
bool pp_request_is_intact(const struct pp_request *request);

// The last call that made a request, and what came of it.
enum pp_request_fate { PP_FATE_NONE, PP_FATE_PENDING, PP_FATE_COMPLETED, PP_FATE_ANSWERED };
struct pp_request_call {
    enum pp_request_fate fate;
    uint64_t address;
    uint32_t wait_count;  // of its op, since then
    struct pp_trail trail;
};
const struct pp_request_call *pp_request_last_call(void);
