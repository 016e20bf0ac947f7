// SPDX-License-Identifier: MIT
#include "check/receipt.h"

#include "base/grow.h"
#include "base/guard.h"
#include "check/digest.h"
#include "check/parts.h"
#include "check/store.h"

#include <ndis.h>

static struct pp_receipt *receipts;  // the first is never used
static uint32_t receipt_count;
static uint32_t receipt_capacity;
static struct pp_indication *indications;  // by their numbers
static uint32_t indication_capacity;

void pp_receipt_reset(void) { receipt_count = 0; }

const struct pp_receipt *pp_receipt_of(const struct pp_object *nbl) {
    return nbl->receipt != 0 ? &receipts[nbl->receipt] : NULL;
}

const struct pp_indication *pp_receipt_indication(uint32_t indication) {
    return &indications[indication];
}

struct pp_object *pp_receipt_part(const struct pp_object *nbl, uint32_t behind,
                                  enum pp_object_kind kind) {
    uint32_t parent = pp_model_index(nbl);
    for (uint32_t i = behind + 1; i < pp_model_count(); i++) {
        struct pp_object *part = pp_model_object(i);
        if (!part->is_part || part->parent != parent) {
            break;
        }
        if (part->kind == kind) {
            return part;
        }
    }
    return NULL;
}

// === What there is ===

PP_READS_CLOSED static const MDL *chain_of(const struct pp_object *nbl) {
    const struct pp_object *nb = pp_receipt_part(nbl, pp_model_index(nbl), PP_OBJECT_NB);
    return ((const NET_BUFFER *)nb->address)->MdlChain;
}

uint64_t pp_receipt_data(const struct pp_object *nbl) {
    const struct pp_receipt *receipt = &receipts[nbl->receipt];
    return pp_digest_chain(chain_of(nbl), receipt->data_offset, receipt->data_length);
}

uint64_t pp_receipt_bytes(const struct pp_object *nbl) {
    return pp_digest_chain(chain_of(nbl), 0, UINT64_MAX);
}

bool pp_receipt_is_kept(const struct pp_object *object, const struct pp_object *binding) {
    if (object->receipt == 0 || object->state == PP_OBJECT_FREED) {
        return false;
    }
    const struct pp_indication *indication = &indications[receipts[object->receipt].indication];
    return indication->is_over && indication->binding == pp_model_index(binding);
}

const struct pp_object *pp_receipt_kept(const struct pp_object *binding) {
    for (uint32_t i = 0; receipt_count > 0 && i < pp_model_count(); i++) {
        if (pp_receipt_is_kept(pp_model_object(i), binding)) {
            return pp_model_object(i);
        }
    }
    return NULL;
}

// === Events ===

static uint32_t add_parts(const NET_BUFFER_LIST *nbl, const struct pp_event *event) {
    uint32_t index =
        pp_model_index(pp_store_add(PP_OBJECT_NBL, (uintptr_t)nbl, sizeof(NET_BUFFER_LIST), event));
    pp_parts_add_context(nbl->Context, index, event);
    pp_parts_add_nb(nbl->FirstNetBuffer, index, event);
    for (const MDL *mdl = nbl->FirstNetBuffer->MdlChain; mdl != NULL; mdl = mdl->Next) {
        pp_parts_add_mdl(mdl, /*with_data=*/true, index, event);
    }
    return index;
}

static void add(const NET_BUFFER_LIST *nbl, const struct pp_event *event) {
    struct pp_object *object = pp_model_object(add_parts(nbl, event));
    pp_parts_note_nbl(object);
    receipts = pp_grow(receipts, &receipt_capacity, ++receipt_count, sizeof(*receipts));
    object->receipt = receipt_count;
    struct pp_receipt *receipt = &receipts[receipt_count];
    *receipt = (struct pp_receipt){.indication = (uint32_t)event->args[4],
                                   .is_borrowed = (event->args[3] & NDIS_RECEIVE_FLAGS_RESOURCES) != 0,
                                   .is_read_only = (nbl->NblFlags & NDIS_NBL_FLAGS_RECV_READ_ONLY) != 0,
                                   .next = (uintptr_t)nbl->Next,
                                   .parent = (uintptr_t)nbl->ParentNetBufferList,
                                   .data_offset = nbl->FirstNetBuffer->DataOffset,
                                   .data_length = nbl->FirstNetBuffer->stDataLength};
    receipt->data = pp_receipt_data(object);
    receipt->bytes = pp_receipt_bytes(object);
}

static void begin(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    uint32_t number = (uint32_t)event->args[4];
    bool is_pausing = binding->phase == PP_PHASE_PAUSING && event->op > binding->told_op;
    indications = pp_grow(indications, &indication_capacity, number, sizeof(*indications));
    indications[number] =
        (struct pp_indication){.binding = pp_model_index(binding),
                               .first = pp_model_count(),
                               .was_paused = binding->phase == PP_PHASE_PAUSED || is_pausing,
                               .pause_op = binding->pause_op};
    const NET_BUFFER_LIST *nbl = (const NET_BUFFER_LIST *)event->args[1];
    for (; nbl != NULL; nbl = nbl->Next) {
        add(nbl, event);
    }
    indications[number].end = pp_model_count();
}

// What was borrowed goes back.
static void end(const struct pp_event *event) {
    struct pp_indication *indication = &indications[event->args[1]];
    indication->is_over = true;
    for (uint32_t i = indication->first; i < indication->end; i++) {
        const struct pp_object *object = pp_model_object(i);
        if (object->receipt != 0 && receipts[object->receipt].is_borrowed) {
            pp_store_remove(object->address, event);
        }
    }
}

static void take_back(const struct pp_event *event) {
    uint64_t at = event->args[1];
    while (at != 0) {
        const struct pp_object *nbl = pp_model_at(at);
        if (nbl == NULL || nbl->receipt == 0 || nbl->state != PP_OBJECT_LIVE) {
            return;
        }
        uint64_t next = (uintptr_t)((const NET_BUFFER_LIST *)at)->Next;
        pp_store_remove(at, event);
        at = next;
    }
}

void pp_receipt_apply(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_INDICATE: begin(event); break;
    case PP_EVENT_INDICATED: end(event); break;
    default: take_back(event); break;
    }
}
