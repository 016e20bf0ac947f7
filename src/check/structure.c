// SPDX-License-Identifier: MIT
// Rules about the fields of NBLs and NBs, judged whenever the driver hands one over: by a send, by a
// free. Their lists have been walked where that matters; at a free they may be anything.
#include "check/chain.h"
#include "check/digest.h"
#include "check/family.h"
#include "check/flight.h"
#include "check/report.h"

#include "base/guard.h"

#define FLAGS_OF_OTHERS (~(uint32_t)(NBL_FLAGS_PROTOCOL_RESERVED | NBL_FLAGS_SCRATCH))

static bool judge_reserved(const struct pp_event *event, const struct pp_object *object) {
    bool is_nbl = object->kind == PP_OBJECT_NBL;
    uint64_t reserved = is_nbl ? pp_digest_nbl_reserved((const NET_BUFFER_LIST *)object->address)
                               : pp_digest_nb_reserved((const NET_BUFFER *)object->address);
    uint64_t miniports = is_nbl ? pp_digest_nbl_miniports((const NET_BUFFER_LIST *)object->address)
                                : pp_digest_nb_miniports((const NET_BUFFER *)object->address);
    if (reserved != object->reserved) {
        pp_report(PP_RULE_NBL_NDISRSVD, event,
                  is_nbl ? "fields of NDIS changed in an NBL" : "fields of NDIS changed in an NB");
    } else if (miniports != object->miniports) {
        pp_report(PP_RULE_RSVD_AREA, event,
                  is_nbl ? "MiniportReserved changed in an NBL" : "MiniportReserved changed in an NB");
    } else {
        return true;
    }
    pp_report_object(object);
    return false;
}

PP_READS_CLOSED static bool judge_flags(const struct pp_event *event, const struct pp_object *nbl) {
    uint32_t flags = ((const NET_BUFFER_LIST *)nbl->address)->Flags;
    if (((flags ^ nbl->flags) & FLAGS_OF_OTHERS) == 0) {
        return true;
    }
    pp_report(PP_RULE_NBL_FLAGS, event, "Flags changed that are not a protocol's");
    pp_report_line("Flags 0x%08X, were 0x%08X", flags, nbl->flags);
    pp_report_object(nbl);
    return false;
}

// The NBs are the driver's to link: the walk ends where its list does not hold.
PP_READS_CLOSED static bool judge_nbl(const struct pp_event *event, const struct pp_object *nbl) {
    if (!judge_reserved(event, nbl) || !judge_flags(event, nbl)) {
        return false;
    }
    const NET_BUFFER *nb = ((const NET_BUFFER_LIST *)nbl->address)->FirstNetBuffer;
    for (uint32_t i = 0; nb != NULL && i < PP_WALK_MAX; i++, nb = nb->Next) {
        const struct pp_object *object = pp_model_at((uintptr_t)nb);
        if (object == NULL || object->kind != PP_OBJECT_NB || object->state == PP_OBJECT_FREED) {
            return true;
        }
        if (!judge_reserved(event, object)) {
            return false;
        }
    }
    return true;
}

// === Sending ===

PP_READS_CLOSED static void judge_content_flags(const struct pp_event *event, uint64_t address) {
    static const ULONG ip = NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_IPV6;
    static const ULONG transport = NDIS_NBL_FLAGS_IS_TCP | NDIS_NBL_FLAGS_IS_UDP;
    ULONG flags = ((const NET_BUFFER_LIST *)address)->NblFlags;
    if ((flags & ip) == ip || (flags & transport) == transport ||
        ((flags & transport) != 0 && (flags & ip) == 0)) {
        pp_report(PP_RULE_NBL_NBLFLAGS, event, "NBL sent with NblFlags that contradict each other");
    }
}

static bool judge_info(const struct pp_event *event, const struct pp_object *nbl) {
    uint64_t media = pp_flight_media((const NET_BUFFER_LIST *)nbl->address);
    struct pp_object *memory = media != 0 ? pp_model_around(media, /*reach=*/0) : NULL;
    if (memory == NULL || pp_model_whole(memory)->state != PP_OBJECT_FREED) {
        return true;
    }
    pp_report(PP_RULE_OOB_LIFE, event, "NBL sent that points to freed memory");
    pp_report_object(nbl);
    pp_report_object(pp_model_whole(memory));
    return false;
}

PP_READS_CLOSED static void judge_send(const struct pp_event *event) {
    for (uint64_t at = event->args[1]; at != 0; at = (uintptr_t)((const NET_BUFFER_LIST *)at)->Next) {
        const struct pp_object *nbl = pp_model_at(at);
        judge_content_flags(event, at);
        if (!judge_nbl(event, nbl) || !judge_info(event, nbl)) {
            return;
        }
    }
}

static void judge_memory_free(const struct pp_event *event) {
    const struct pp_object *memory = pp_model_at(event->args[0]);
    const struct pp_object *nbl = pp_flight_pointing_into(memory);
    if (nbl != NULL) {
        pp_report(PP_RULE_OOB_LIFE, event, "memory freed that an NBL in flight points to");
        pp_report_object(memory);
        pp_report_object(nbl);
    }
}

// Of a received frame: its data.
static void judge_lost(const struct pp_event *event) {
    struct pp_object *object = pp_model_around(event->args[0], 0);
    if (object != NULL && pp_model_whole(object)->receipt != 0) {
        pp_report(PP_RULE_RX_HDRMDL, event, "header of a split frame read after its indication");
        pp_report_object(pp_model_whole(object));
    } else {
        pp_report(PP_RULE_SCRATCH, event, "Scratch read that was lost");
    }
}

void pp_check_structure(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_SEND:
    case PP_EVENT_RETURN: judge_send(event); break;
    case PP_EVENT_NB_FREE: judge_reserved(event, pp_model_at(event->args[0])); break;
    case PP_EVENT_MEMORY_FREE: judge_memory_free(event); break;
    case PP_EVENT_LOST_READ: judge_lost(event); break;
    default: judge_nbl(event, pp_model_at(event->args[0])); break;
    }
}
