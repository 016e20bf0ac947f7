// SPDX-License-Identifier: MIT
// Rules about derived NBLs: what they are made of, which function frees them, and what their original
// may do while they live. NDIS keeps neither parent nor count; the model does, and what the driver keeps
// is held against it. Also of calls that only look at an NBL or an NB.
#include "check/chain.h"
#include "check/family.h"
#include "check/report.h"
#include "check/usable.h"

#include "base/guard.h"

#include <stdio.h>

struct derivation_rules {
    const char *word;
    enum pp_rule_index pair;
    enum pp_rule_index how;
    const char *other_how;
};

static const struct derivation_rules rules_of[] = {
    [PP_DERIVED_NOT] = {.word = "plain NBL"},
    [PP_DERIVED_CLONE] = {"clone", PP_RULE_FREE_PAIR_CLONE, PP_RULE_FREE_CLONE_FLAGS,
                          "clone freed with other flags"},
    [PP_DERIVED_FRAGMENT] = {"fragment NBL", PP_RULE_FREE_PAIR_FRAG, PP_RULE_FREE_FRAG_DELTA,
                             "fragment NBL freed with another DataOffsetDelta"},
    [PP_DERIVED_REASSEMBLED] = {"reassembled NBL", PP_RULE_FREE_PAIR_REASM, PP_RULE_FREE_REASM_DELTA,
                                "reassembled NBL freed with another DataOffsetDelta"},
};

// === Deriving ===

static bool judge_pools(const struct pp_event *event, enum pp_derivation kind) {
    const struct pp_object *pool = NULL;
    if (event->args[2] != 0) {
        pool = pp_check_pool_handle(event, event->args[2], /*wants_nb_pool=*/false);
        if (pool == NULL) {
            return false;
        }
    }
    if (event->args[3] != 0 &&
        pp_check_pool_handle(event, event->args[3], /*wants_nb_pool=*/true) == NULL) {
        return false;
    }
    if (pool != NULL && kind == PP_DERIVED_REASSEMBLED && (!pool->has_nb || pool->data_size > 0)) {
        pp_report(PP_RULE_DERIVE_ARGS, event,
                  pool->has_nb ? "reassembled NBL asked of a pool with data"
                               : "reassembled NBL asked of a pool without NBs");
        pp_report_object(pool);
        return false;
    }
    return true;
}

// Of an original whose lists have been walked: they end.
PP_READS_CLOSED static bool judge_nbs(const struct pp_event *event, const struct pp_object *original,
                                      uint32_t start) {
    const NET_BUFFER *nb = ((const NET_BUFFER_LIST *)original->address)->FirstNetBuffer;
    for (; nb != NULL; nb = nb->Next) {
        if (!pp_chain_judge_place(event, nb, "derived from")) {
            pp_report_object(original);
            return false;
        }
        if (start > nb->stDataLength) {
            pp_report(PP_RULE_DERIVE_ARGS, event, "StartOffset beyond the data of an NB");
            pp_report_line("StartOffset %u, DataLength %zu", start, nb->stDataLength);
            pp_report_object(original);
            return false;
        }
    }
    return true;
}

static void judge_reserved(const struct pp_event *event, enum pp_derivation kind, uint64_t flags) {
    uint64_t known = kind == PP_DERIVED_CLONE ? NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS : 0;
    if ((flags & ~known) != 0) {
        pp_report(PP_RULE_FREE_RSVD_FLAGS, event, "flags without a meaning given");
    }
}

PP_READS_CLOSED static void judge_derivation(const struct pp_event *event) {
    enum pp_derivation kind = (enum pp_derivation)(uint32_t)event->args[0];
    judge_reserved(event, kind, event->args[0] >> PP_DERIVE_FLAGS_SHIFT);
    const struct pp_object *original = pp_usable(event, event->args[1], PP_OBJECT_NBL, "derived from");
    if (original == NULL || !judge_pools(event, kind)) {
        return;
    }
    if (kind == PP_DERIVED_FRAGMENT && event->args[5] == 0) {
        pp_report(PP_RULE_DERIVE_ARGS, event, "fragments of length 0 asked for");
        pp_report_object(original);
        return;
    }
    struct pp_chain_problem problem =
        pp_chain_judge_nbs(((const NET_BUFFER_LIST *)original->address)->FirstNetBuffer, PP_CHAIN_DATA);
    if (problem.what != NULL) {
        pp_chain_report(event, &problem, "NBL derived from", original);
        return;
    }
    judge_nbs(event, original, (uint32_t)event->args[4]);
}

// === Freeing ===

static void report_derived(const struct pp_object *original) {
    pp_report_object(original);
    pp_report_line("%u NBLs derived from it live:", original->live_count);
    pp_report_derived(original);
}

static bool judge_function(const struct pp_event *event, const struct pp_object *nbl,
                           enum pp_derivation asked) {
    if (nbl->derivation == asked) {
        return true;
    }
    char what[96];
    enum pp_derivation broken = nbl->derivation != PP_DERIVED_NOT ? nbl->derivation : asked;
    snprintf(what, sizeof(what), "%s freed as a %s", rules_of[nbl->derivation].word,
             rules_of[asked].word);
    pp_report(rules_of[broken].pair, event, what);
    pp_report_object(nbl);
    return false;
}

static bool judge_how(const struct pp_event *event, const struct pp_object *nbl) {
    uint32_t how = (uint32_t)event->args[2];
    const struct derivation_rules *rules = &rules_of[nbl->derivation];
    judge_reserved(event, nbl->derivation, nbl->derivation == PP_DERIVED_CLONE ? how : event->args[3]);
    if (how == nbl->how) {
        return true;
    }
    pp_report(rules->how, event, rules->other_how);
    pp_report_line("%u given, made with %u", how, nbl->how);
    pp_report_object(nbl);
    return false;
}

// What the driver's own count says can only be held against the model where nothing is under way: a
// driver that frees a derived NBL counts it off before or after.
PP_READS_CLOSED static void judge_no_children(const struct pp_event *event,
                                              const struct pp_object *nbl) {
    if (((const NET_BUFFER_LIST *)nbl->address)->ChildRefCount != 0) {
        pp_report(PP_RULE_CHILD_COUNT, event, "NBL with a ChildRefCount and nothing derived from it");
    }
}

// Everything that is wrong with other NBLs too is said by those who judge frees.
static void judge_free(const struct pp_event *event) {
    const struct pp_object *nbl = pp_model_at(event->args[0]);
    if (nbl == NULL || nbl->kind != PP_OBJECT_NBL || nbl->state != PP_OBJECT_LIVE || nbl->receipt != 0) {
        return;
    }
    bool is_plain = event->kind == PP_EVENT_NBL_FREE;
    if (!judge_function(event, nbl, is_plain ? PP_DERIVED_NOT : (enum pp_derivation)event->args[1]) ||
        (!is_plain && !judge_how(event, nbl))) {
        return;
    }
    if (nbl->live_count > 0) {
        pp_report(PP_RULE_FREE_PARENT_LIVE, event, "NBL freed before those derived from it");
        report_derived(nbl);
        return;
    }
    judge_no_children(event, nbl);
}

// === Sending ===

static uint32_t count_in_flight(uint32_t original) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *object = pp_model_object(i);
        count += object->state == PP_OBJECT_IN_FLIGHT && object->original == original;
    }
    return count;
}

// Those in flight are counted, and the one that is sent; others may be on their way in or out.
PP_READS_CLOSED static void judge_parent(const struct pp_event *event, const struct pp_object *nbl) {
    const struct pp_object *original = pp_model_object(nbl->original);
    if ((uintptr_t)((const NET_BUFFER_LIST *)nbl->address)->ParentNetBufferList != original->address) {
        pp_report(PP_RULE_PARENT_SET, event, "derived NBL sent without its parent");
    }
    int64_t count = ((const NET_BUFFER_LIST *)original->address)->ChildRefCount;
    if (count < original->live_count && count <= count_in_flight(nbl->original)) {
        pp_report(PP_RULE_CHILD_COUNT, event, "derived NBL sent that its parent has not counted");
    }
}

// Of a chain that has been walked.
PP_READS_CLOSED static void judge_send(const struct pp_event *event) {
    for (uint64_t at = event->args[1]; at != 0; at = (uintptr_t)((const NET_BUFFER_LIST *)at)->Next) {
        const struct pp_object *nbl = pp_model_at(at);
        if (nbl->live_count > 0) {
            pp_report(PP_RULE_PARENT_SENT, event, "NBL sent while others derived from it live");
            report_derived(nbl);
            return;
        }
        judge_no_children(event, nbl);
        if (nbl->original != PP_OBJECT_NONE) {
            judge_parent(event, nbl);
        }
    }
}

void pp_check_derived(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_DERIVE: judge_derivation(event); break;
    case PP_EVENT_NBL_USE: pp_usable(event, event->args[0], PP_OBJECT_NBL, "used"); break;
    case PP_EVENT_NB_USE: pp_usable(event, event->args[0], PP_OBJECT_NB, "used"); break;
    case PP_EVENT_SEND: judge_send(event); break;
    default: judge_free(event); break;
    }
}
