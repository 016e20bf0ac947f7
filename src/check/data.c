// SPDX-License-Identifier: MIT
// Rules about the bytes of NBs: looked at through NdisGetDataBuffer, copied from NB to NB.
#include "check/chain.h"
#include "check/digest.h"
#include "check/family.h"
#include "check/report.h"
#include "check/usable.h"

#include "base/guard.h"

static bool judge_nb(const struct pp_event *event, uint64_t address, const char *act) {
    struct pp_object *nb = pp_usable_nb(event, address, PP_CHAIN_DATA, act);
    if (nb == NULL) {
        return false;
    }
    if (!pp_chain_judge_place(event, (const NET_BUFFER *)address, act)) {
        pp_report_object(pp_model_whole(nb));
        return false;
    }
    return true;
}

static bool is_power_of_two(uint64_t number) { return number != 0 && (number & (number - 1)) == 0; }

static void judge_get(const struct pp_event *event) {
    if (event->args[2] != 0) {
        pp_report(PP_RULE_GDB_STORAGE, event, "Storage too small for BytesNeeded");
        pp_report_line("BytesNeeded %lu", event->args[1]);
    } else if (!is_power_of_two(event->args[3])) {
        pp_report(PP_RULE_GDB_STORAGE, event, "AlignMultiple that is no power of two");
        pp_report_line("AlignMultiple %lu", event->args[3]);
    } else {
        judge_nb(event, event->args[0], "read");
    }
}

// === What became of a copy ===

// How far the chain that was copied to lies behind the beginning of the NB's chain now: a retreat may
// have put MDLs in front. UINT64_MAX: it is not there any more.
PP_READS_CLOSED static uint64_t find_chain(const NET_BUFFER *nb, uint64_t chain) {
    uint64_t before = 0;
    const MDL *mdl = nb->MdlChain;
    for (; mdl != NULL && (uintptr_t)mdl != chain; mdl = mdl->Next) {
        before += mdl->ByteCount;
    }
    return mdl != NULL ? before : UINT64_MAX;
}

// Bytes that were not copied and have been brought there in another way are right, too.
static bool is_made_up_for(const struct pp_copy *copy) {
    const MDL *chain = (const MDL *)copy->chain;
    uint64_t missing = copy->at + copy->copied;
    uint64_t count = copy->asked - copy->copied;
    return pp_digest_chain(chain, missing, count) != copy->digest ||
           (copy->wanted > 0 && pp_digest_chain(chain, missing, copy->wanted) == copy->wanted_digest) ||
           (!copy->has_failed && pp_digest_is_zero(chain, missing, count));
}

static bool judge_copied(const struct pp_event *event, const NET_BUFFER *nb) {
    const struct pp_object *object = pp_model_at((uintptr_t)nb);
    if (object->copy == 0) {
        return true;
    }
    const struct pp_copy *copy = pp_model_copy(object->copy);
    uint64_t before = find_chain(nb, copy->chain);
    if (copy->op != event->op || before == UINT64_MAX) {
        return true;
    }
    uint64_t begin = before + copy->at;
    uint64_t end = begin + copy->asked;
    uint64_t data_end = nb->DataOffset + nb->stDataLength;
    bool is_sent = nb->DataOffset <= begin && (copy->has_failed ? end <= data_end : end == data_end);
    if (!is_sent || is_made_up_for(copy)) {
        return true;
    }
    pp_report(PP_RULE_COPY_RESULT, event,
              copy->has_failed ? "NB sent after a copy into it that failed"
                               : "NB sent with bytes that were not copied");
    pp_report_line("%u of %u bytes copied", copy->copied, copy->asked);
    pp_report_object(object);
    return false;
}

// Of a send that can be followed.
static void judge_send(const struct pp_event *event) {
    const NET_BUFFER_LIST *nbl = (const NET_BUFFER_LIST *)event->args[1];
    for (; nbl != NULL; nbl = nbl->Next) {
        for (const NET_BUFFER *nb = nbl->FirstNetBuffer; nb != NULL; nb = nb->Next) {
            if (!judge_copied(event, nb)) {
                return;
            }
        }
    }
}

void pp_check_data(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_DATA_GET: judge_get(event); break;
    case PP_EVENT_DATA_COPY:
        if (judge_nb(event, event->args[0], "copied to")) {
            judge_nb(event, event->args[3], "copied from");
        }
        break;
    default: judge_send(event); break;
    }
}
