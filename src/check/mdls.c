// SPDX-License-Identifier: MIT
// Rules about MDLs: what they may describe, how long they are, who may map them.
#include "check/chain.h"
#include "check/family.h"
#include "check/report.h"
#include "check/usable.h"

#include "base/arena.h"
#include "base/guard.h"

#include <stdio.h>

// Of memory that an MDL describes, or would.
static void report_memory(enum pp_rule_index rule, const struct pp_event *event, const char *what,
                          const char *act, uint64_t address) {
    char title[96];
    snprintf(title, sizeof(title), "%s %s", what, act);
    pp_report(rule, event, title);
    struct pp_object *memory = pp_model_around(address, /*reach=*/0);
    if (memory != NULL) {
        pp_report_object(pp_model_whole(memory));
    }
}

// === Making ===

static void judge_allocation(const struct pp_event *event) {
    uint64_t address = event->args[0];
    if (event->args[1] == 0 || event->args[2] != PP_MDL_NDIS) {
        return;
    }
    if (address >= event->stack_low && address < event->stack_high) {
        pp_report(PP_RULE_MDL_NONPAGED, event, "MDL of a stack asked for");
        return;
    }
    if (!pp_arena_contains((const void *)address)) {
        pp_report(PP_RULE_MDL_NONPAGED, event, "MDL of memory outside of nonpaged pool asked for");
        return;
    }
    struct pp_chain_problem problem = pp_chain_judge_data(address, event->args[1]);
    if (problem.what != NULL) {
        report_memory(PP_RULE_MEM_UAF, event, problem.what, "asked for", address);
        return;
    }
    if (pp_chain_holder(address)->is_paged) {
        report_memory(PP_RULE_MDL_NONPAGED, event, "MDL of paged memory", "asked for", address);
    }
}

// === Lengths ===

static void judge_adjustment(const struct pp_event *event) {
    if (!pp_usable_mdl(event, event->args[0], "adjusted")) {
        return;
    }
    const struct pp_object *mdl = pp_model_at(event->args[0]);
    bool is_object = mdl != NULL && mdl->kind == PP_OBJECT_MDL;
    if (!is_object || mdl->is_part || mdl->origin != PP_ORIGIN_NDIS) {
        pp_report(PP_RULE_MDL_LEN_OWNER, event, "MDL adjusted that is not of NdisAllocateMdl");
    } else if (event->args[1] > mdl->length) {
        pp_report(PP_RULE_MDL_LEN_MAX, event, "MDL adjusted beyond its memory");
        pp_report_line("length %lu, made for %u", event->args[1], mdl->length);
    }
    if (is_object) {
        pp_report_object(pp_model_whole(pp_model_at(event->args[0])));
    }
}

static void report_free(enum pp_rule_index rule, const struct pp_event *event, const char *what,
                        const struct pp_object *mdl) {
    pp_report(rule, event, what);
    pp_report_object(mdl);
}

// Of an MDL that may be freed. One of IoAllocateMdl may have been built anew, for other memory.
PP_READS_CLOSED static void judge_free(const struct pp_event *event) {
    const struct pp_object *object = pp_model_at(event->args[0]);
    const MDL *mdl = (const MDL *)event->args[0];
    bool is_of_ndis = object->origin == PP_ORIGIN_NDIS;
    if (is_of_ndis && event->args[1] != PP_MDL_NDIS) {
        report_free(PP_RULE_MDL_DOUBLE, event, "MDL of NdisAllocateMdl given to IoFreeMdl", object);
    } else if (!is_of_ndis && event->args[1] != PP_MDL_IO) {
        report_free(PP_RULE_MDL_DOUBLE, event, "MDL of IoAllocateMdl given to NdisFreeMdl", object);
    } else if (is_of_ndis && mdl->ByteCount != object->length && (mdl->MdlFlags & MDL_PARTIAL) == 0) {
        report_free(PP_RULE_MDL_LEN_RESTORE, event, "MDL freed with another length", object);
        pp_report_line("length %u, made for %u", mdl->ByteCount, object->length);
    }
}

// === Use ===

static bool is_mapped(const MDL *mdl) {
    return (mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0;
}

static void judge_mapping(const struct pp_event *event) {
    if (!pp_usable_mdl(event, event->args[0], "mapped")) {
        return;
    }
    const MDL *mdl = (const MDL *)event->args[0];
    const struct pp_object *object = pp_model_at(event->args[0]);
    if (object == NULL || object->kind != PP_OBJECT_MDL) {
        return;
    }
    uint64_t address = (uintptr_t)mdl->MappedSystemVa;
    struct pp_chain_problem problem = pp_chain_judge_data(address, mdl->ByteCount);
    if (problem.what != NULL) {
        report_memory(problem.fault == PP_CHAIN_DEAD ? PP_RULE_MDL_BUFFER_LIFE : PP_RULE_MEM_UAF, event,
                      problem.what, "mapped", address);
        return;
    }
    if (object->mapping_count > 0 && !is_mapped(mdl)) {
        pp_report(PP_RULE_MDL_ONE_THREAD, event, "MDL mapped while another thread maps it");
    }
}

void pp_check_mdls(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_MDL_ALLOCATE: judge_allocation(event); break;
    case PP_EVENT_MDL_ADJUST: judge_adjustment(event); break;
    case PP_EVENT_MDL_FREE: judge_free(event); break;
    case PP_EVENT_MDL_MAP: judge_mapping(event); break;
    default: pp_usable_mdl(event, event->args[0], "used"); break;
    }
}
