// SPDX-License-Identifier: MIT
#include "check/chain.h"

#include "base/arena.h"
#include "base/guard.h"
#include "check/report.h"

#include <stdio.h>

#define ADDRESSES_END ((uint64_t)1 << 47)  // of a process

static const struct pp_chain_problem no_problem = {.what = NULL};

const struct pp_object *pp_chain_holder(uint64_t address) {
    if (!pp_arena_contains((const void *)address)) {
        return NULL;  // not worth a walk through all objects
    }
    const struct pp_object *object = pp_model_holding(address);
    return object != NULL ? object : pp_model_around(address, /*reach=*/0);
}

static bool is_within(uint64_t address, uint64_t size, const struct pp_object *object) {
    return address + size <= object->address + object->size;
}

// An MDL may be one that an allocator made, or lie inside memory that is the driver's.
bool pp_chain_is_readable(uint64_t address, uint64_t size) {
    const struct pp_object *object = pp_chain_holder(address);
    return object != NULL && object->state != PP_OBJECT_FREED && is_within(address, size, object);
}

// Nothing is known of bytes that are not the world's: a driver may send from its globals.
struct pp_chain_problem pp_chain_judge_data(uint64_t address, uint64_t size) {
    if (size == 0) {
        return no_problem;
    }
    if (address < PP_NULL_PAGE_BYTES || address >= ADDRESSES_END) {
        return (struct pp_chain_problem){"MDL of memory that does not exist", address, PP_CHAIN_OUTSIDE};
    }
    if (!pp_arena_contains((const void *)address)) {
        return no_problem;
    }
    const struct pp_object *object = pp_chain_holder(address);
    if (object == NULL) {
        return (struct pp_chain_problem){"MDL of memory that is not the driver's", address,
                                         PP_CHAIN_OUTSIDE};
    }
    if (object->state == PP_OBJECT_FREED) {
        return (struct pp_chain_problem){"MDL of freed memory", address, PP_CHAIN_DEAD};
    }
    if (!is_within(address, size, object)) {
        return (struct pp_chain_problem){"MDL that is longer than its memory", address,
                                         PP_CHAIN_OUTSIDE};
    }
    return no_problem;
}

PP_READS_CLOSED struct pp_chain_problem pp_chain_judge_mdls(const MDL *first,
                                                            enum pp_chain_depth depth) {
    const MDL *mdl = first;
    for (uint32_t i = 0; mdl != NULL; i++, mdl = mdl->Next) {
        if (i == PP_WALK_MAX) {
            return (struct pp_chain_problem){"MDL chain that does not end", (uintptr_t)mdl,
                                             PP_CHAIN_ENDLESS};
        }
        if (!pp_chain_is_readable((uintptr_t)mdl, sizeof(*mdl))) {
            return (struct pp_chain_problem){"MDL that does not exist", (uintptr_t)mdl,
                                             PP_CHAIN_FOREIGN};
        }
        struct pp_chain_problem problem = no_problem;
        if (depth == PP_CHAIN_DATA) {
            problem = pp_chain_judge_data((uintptr_t)mdl->MappedSystemVa, mdl->ByteCount);
        }
        if (problem.what != NULL) {
            return problem;
        }
    }
    return no_problem;
}

PP_READS_CLOSED struct pp_chain_problem pp_chain_judge_nbs(const NET_BUFFER *first,
                                                           enum pp_chain_depth depth) {
    const NET_BUFFER *nb = first;
    for (uint32_t i = 0; nb != NULL; i++, nb = nb->Next) {
        if (i == PP_WALK_MAX) {
            return (struct pp_chain_problem){"NB list that does not end", (uintptr_t)nb,
                                             PP_CHAIN_ENDLESS};
        }
        const struct pp_object *object = pp_model_at((uintptr_t)nb);
        if (object == NULL || object->kind != PP_OBJECT_NB) {
            return (struct pp_chain_problem){"NB that does not exist", (uintptr_t)nb, PP_CHAIN_FOREIGN};
        }
        if (object->state == PP_OBJECT_FREED) {
            return (struct pp_chain_problem){"NB that has been freed", (uintptr_t)nb, PP_CHAIN_FREED_NB};
        }
        struct pp_chain_problem problem = pp_chain_judge_mdls(nb->MdlChain, depth);
        if (problem.what != NULL) {
            return problem;
        }
    }
    return no_problem;
}

void pp_chain_report(const struct pp_event *event, const struct pp_chain_problem *problem,
                     const char *subject, const struct pp_object *object) {
    static const enum pp_rule_index rules[] = {
        [PP_CHAIN_ENDLESS] = PP_RULE_NBL_ACYCLIC,     [PP_CHAIN_FOREIGN] = PP_RULE_POOL_PRIVATE,
        [PP_CHAIN_FREED_NB] = PP_RULE_FREE_NB_LINKED, [PP_CHAIN_DEAD] = PP_RULE_MDL_BUFFER_LIFE,
        [PP_CHAIN_OUTSIDE] = PP_RULE_MEM_UAF,
    };
    char what[96];
    snprintf(what, sizeof(what), "%s with an %s", subject, problem->what);
    pp_report(rules[problem->fault], event, what);
    if (object != NULL) {
        pp_report_object(object);
    }
    struct pp_object *culprit = pp_model_around(problem->address, /*reach=*/0);
    if (culprit != NULL && pp_model_whole(culprit) != object) {
        pp_report_object(pp_model_whole(culprit));
    }
}

PP_READS_CLOSED uint64_t pp_chain_bytes(const MDL *first) {
    uint64_t bytes = 0;
    for (const MDL *mdl = first; mdl != NULL; mdl = mdl->Next) {
        bytes += mdl->ByteCount;
    }
    return bytes;
}

// An offset at the end of an MDL is the same place as the beginning of the next one.
PP_READS_CLOSED static bool is_at_its_place(const NET_BUFFER *nb) {
    uint64_t before = 0;
    for (const MDL *mdl = nb->MdlChain; mdl != NULL; mdl = mdl->Next) {
        if (mdl == nb->CurrentMdl) {
            return before + nb->CurrentMdlOffset == nb->DataOffset &&
                   nb->CurrentMdlOffset <= mdl->ByteCount;
        }
        before += mdl->ByteCount;
    }
    return nb->CurrentMdl == NULL && nb->MdlChain == NULL;
}

PP_READS_CLOSED bool pp_chain_judge_place(const struct pp_event *event, const NET_BUFFER *nb,
                                          const char *act) {
    char what[96];
    uint64_t bytes = pp_chain_bytes(nb->MdlChain);
    if (nb->DataOffset > bytes || nb->stDataLength > bytes - nb->DataOffset) {
        snprintf(what, sizeof(what), "NB %s with data beyond its MDLs", act);
        pp_report(PP_RULE_NB_LEN, event, what);
        pp_report_line("DataOffset %u, DataLength %zu, %lu bytes in the chain", nb->DataOffset,
                       nb->stDataLength, bytes);
        return false;
    }
    if (!is_at_its_place(nb)) {
        snprintf(what, sizeof(what), "NB %s whose CurrentMdl is not at its DataOffset", act);
        pp_report(PP_RULE_NB_CONSIST, event, what);
        pp_report_line("DataOffset %u, CurrentMdlOffset %u", nb->DataOffset, nb->CurrentMdlOffset);
        return false;
    }
    return true;
}

// An NBL that is met twice in one chain is not in flight yet: the walk would not end.
PP_READS_CLOSED bool pp_chain_is_cyclic(uint64_t first) {
    const NET_BUFFER_LIST *slow = (const NET_BUFFER_LIST *)first;
    const NET_BUFFER_LIST *fast = slow;
    for (;;) {
        for (int step = 0; step < 2; step++) {
            const struct pp_object *nbl = pp_model_at((uintptr_t)fast);
            if (nbl == NULL || nbl->kind != PP_OBJECT_NBL || nbl->state != PP_OBJECT_LIVE) {
                return false;
            }
            fast = fast->Next;
        }
        slow = slow->Next;
        if (slow == fast) {
            return fast != NULL;
        }
    }
}
