// SPDX-License-Identifier: MIT
#include "check/usable.h"

#include "base/arena.h"
#include "base/guard.h"
#include "check/chain.h"
#include "check/flight.h"
#include "check/receipt.h"
#include "check/report.h"

#include <stdio.h>

static const char *word_of(enum pp_object_kind kind) {
    return kind == PP_OBJECT_NBL ? "NBL" : kind == PP_OBJECT_NB ? "NB" : "MDL";
}

static void report_foreign(const struct pp_event *event, uint64_t address, enum pp_object_kind kind,
                           const char *act) {
    char what[96];
    snprintf(what, sizeof(what), "%s %s %s",
             address == 0 ? "NULL instead of an" : "something that is no", word_of(kind), act);
    pp_report(PP_RULE_POOL_PRIVATE, event, what);
}

void pp_usable_report_freed(const struct pp_event *event, struct pp_object *object, const char *word,
                            const char *act) {
    char what[96];
    const struct pp_receipt *receipt = pp_receipt_of(pp_model_whole(object));
    if (receipt == NULL) {
        snprintf(what, sizeof(what), "freed %s %s", word, act);
        pp_report(PP_RULE_MEM_UAF, event, what);
    } else if (receipt->is_borrowed) {
        snprintf(what, sizeof(what), "%s %s after its RESOURCES indication", word, act);
        pp_report(PP_RULE_RX_RESOURCES_KEEP, event, what);
    } else {
        snprintf(what, sizeof(what), "%s %s after it was returned", word, act);
        pp_report(PP_RULE_RX_RETURN_TOUCH, event, what);
    }
}

// Of a known object: is it there, and the driver's?
static bool is_drivers(const struct pp_event *event, struct pp_object *object, enum pp_object_kind kind,
                       uint64_t address, uint64_t size, const char *act) {
    char what[96];
    if (object->state == PP_OBJECT_FREED) {
        pp_usable_report_freed(event, object, word_of(kind), act);
        pp_report_object(pp_model_whole(object));
        return false;
    }
    const struct pp_object *nbl = object->state == PP_OBJECT_IN_FLIGHT ? object
                                  : object->flight_count > 0           ? pp_flight_with(address, size)
                                                                       : NULL;
    if (nbl != NULL) {
        snprintf(what, sizeof(what), "%s %s while in flight", word_of(kind), act);
        pp_report(PP_RULE_SEND_TOUCH, event, what);
        pp_report_object(nbl);
        return false;
    }
    return true;
}

struct pp_object *pp_usable(const struct pp_event *event, uint64_t address, enum pp_object_kind kind,
                            const char *act) {
    struct pp_object *object = pp_model_at(address);
    if (object == NULL || object->kind != kind) {
        report_foreign(event, address, kind, act);
        return NULL;
    }
    return is_drivers(event, object, kind, address, object->size, act) ? object : NULL;
}

struct pp_object *pp_usable_nb(const struct pp_event *event, uint64_t address, enum pp_chain_depth depth,
                               const char *act) {
    struct pp_object *nb = pp_usable(event, address, PP_OBJECT_NB, act);
    if (nb == NULL) {
        return NULL;
    }
    struct pp_chain_problem problem =
        pp_chain_judge_mdls(((const NET_BUFFER *)address)->MdlChain, depth);
    if (problem.what != NULL) {
        char subject[32];
        snprintf(subject, sizeof(subject), "NB %s", act);
        pp_chain_report(event, &problem, subject, pp_model_whole(nb));
        return NULL;
    }
    return nb;
}

bool pp_usable_list(const struct pp_event *event, uint64_t address, enum pp_chain_depth depth,
                    const char *act) {
    const struct pp_object *nbl = pp_usable(event, address, PP_OBJECT_NBL, act);
    if (nbl == NULL) {
        return false;
    }
    const NET_BUFFER *first = ((const NET_BUFFER_LIST *)address)->FirstNetBuffer;
    struct pp_chain_problem problem = pp_chain_judge_nbs(first, depth);
    if (problem.what != NULL) {
        char subject[32];
        snprintf(subject, sizeof(subject), "NBL %s", act);
        pp_chain_report(event, &problem, subject, nbl);
        return false;
    }
    for (const NET_BUFFER *nb = first; nb != NULL; nb = nb->Next) {
        if (pp_usable(event, (uintptr_t)nb, PP_OBJECT_NB, act) == NULL) {
            return false;
        }
    }
    return true;
}

// Drivers build MDLs in structures of their own, but not in those of NDIS.
static bool may_hold_mdl(const struct pp_object *object, uint64_t address) {
    switch (object->kind) {
    case PP_OBJECT_MDL: return object->address == address;
    case PP_OBJECT_MEMORY:
    case PP_OBJECT_CONTEXT:
    case PP_OBJECT_GENERIC:
    case PP_OBJECT_BUFFER: return true;
    default: return false;
    }
}

bool pp_usable_mdl(const struct pp_event *event, uint64_t address, const char *act) {
    if (address != 0 && !pp_arena_contains((const void *)address)) {
        return true;  // a global of the driver's, if it exists
    }
    struct pp_object *object = pp_model_at(address);
    if (object == NULL || object->kind != PP_OBJECT_MDL) {
        object = pp_model_around(address, /*reach=*/0);
    }
    if (object == NULL || !may_hold_mdl(object, address)) {
        report_foreign(event, address, PP_OBJECT_MDL, act);
        return false;
    }
    return is_drivers(event, object, PP_OBJECT_MDL, address, sizeof(MDL), act);
}
