// SPDX-License-Identifier: MIT
#include "check/apply_data.h"

#include "base/grow.h"
#include "base/guard.h"
#include "check/chain.h"
#include "check/digest.h"
#include "check/store.h"

#define DATA_RESULTS 16u  // of NdisGetDataBuffer that are remembered

struct data_result {
    uint64_t address;
    uint64_t size;
    uint32_t nb;
};

static struct pp_retreat *retreats;  // the first of these two is never used
static uint32_t retreat_count;
static uint32_t retreat_capacity;
static struct pp_copy *copies;
static uint32_t copy_count;
static uint32_t copy_capacity;
static uint64_t copy_source;  // of the copy under way: an NB, and an offset into its data
static uint64_t copy_source_offset;
static struct data_result data_results[DATA_RESULTS];  // a ring
static uint32_t data_result_count;

void pp_apply_data_reset(void) { retreat_count = copy_count = data_result_count = 0; }

const struct pp_retreat *pp_model_retreat(uint32_t retreat) { return &retreats[retreat]; }

const struct pp_copy *pp_model_copy(uint32_t copy) { return &copies[copy]; }

// An NB, if it lives and is known: one that is being derived is not yet, and where a handler has run,
// one may be gone.
static struct pp_object *nb_at(uint64_t address) {
    struct pp_object *nb = pp_model_at(address);
    return nb != NULL && nb->state != PP_OBJECT_FREED ? nb : NULL;
}

static uint64_t place_of(const struct pp_object *nb) {
    return pp_digest_nb_place((const NET_BUFFER *)nb->address);
}

// === Retreats ===

uint64_t pp_model_retreated(const struct pp_object *nb) {
    uint64_t bytes = 0;
    for (uint32_t at = nb->last_retreat; at != 0; at = retreats[at].below) {
        bytes += retreats[at].delta;
    }
    return bytes;
}

void pp_apply_data_sent(struct pp_object *nb) {
    nb->failed_retreat = 0;
    nb->copy = 0;
    nb->sent_retreat = pp_model_retreated(nb);
    for (uint32_t at = nb->last_retreat; at != 0; at = retreats[at].below) {
        retreats[at].was_sent = true;
    }
}

bool pp_model_is_placed_anew(const struct pp_object *nb) {
    return nb->last_retreat != 0 && nb->place != place_of(nb);
}

// Of an NB whose driver has set its fields itself, the retreats are undone.
static void forget_if_placed_anew(uint64_t address) {
    struct pp_object *nb = pp_model_at(address);
    if (pp_model_is_placed_anew(nb)) {
        nb->last_retreat = 0;
        nb->sent_retreat = 0;
    }
}

static void begin_move(const struct pp_event *event) {
    if (event->args[1] == 0) {
        forget_if_placed_anew(event->args[0]);
        return;
    }
    const NET_BUFFER *nb = ((const NET_BUFFER_LIST *)event->args[0])->FirstNetBuffer;
    for (; nb != NULL; nb = nb->Next) {  // judged: it ends
        forget_if_placed_anew((uintptr_t)nb);
    }
}

// In front of an NB that is being derived, it comes as a part.
static void add_mdl(const struct pp_event *event) {
    const struct pp_object *nb = nb_at(event->args[0]);
    if (nb == NULL) {
        return;
    }
    uint32_t nb_index = pp_model_index(nb);
    const MDL *made = (const MDL *)event->args[1];
    struct pp_object *mdl = pp_model_at(event->args[1]);
    if (event->args[2] == 0) {
        mdl = pp_store_add(PP_OBJECT_MDL, event->args[1], sizeof(*made), event);
        mdl->origin = PP_ORIGIN_RETREAT;
        mdl->length = made->ByteCount;
        uint32_t index = pp_model_index(mdl);
        pp_store_add_part(PP_OBJECT_BUFFER, (uintptr_t)made->MappedSystemVa, made->ByteCount, index,
                          event);
        mdl = pp_model_object(index);
    }
    if (mdl != NULL) {
        mdl->is_handlers = event->args[2] != 0;
        mdl->nb = nb_index;
        pp_model_object(nb_index)->added_mdl_count++;
    }
}

void pp_apply_data_end(const struct pp_object *mdl) {
    if (mdl != NULL && mdl->state == PP_OBJECT_LIVE && mdl->nb != PP_OBJECT_NONE) {
        pp_model_object(mdl->nb)->added_mdl_count--;
    }
}

static void retreat(const struct pp_event *event) {
    struct pp_object *nb = nb_at(event->args[0]);
    if (nb == NULL) {
        return;
    }
    if (event->args[2] != NDIS_STATUS_SUCCESS) {
        nb->failed_retreat = place_of(nb);
        nb->failed_retreat_op = event->op;
        nb->failed_delta = (uint32_t)event->args[1];
        return;
    }
    nb->failed_retreat = 0;
    retreats = pp_grow(retreats, &retreat_capacity, ++retreat_count, sizeof(*retreats));
    retreats[retreat_count] =
        (struct pp_retreat){.delta = (uint32_t)event->args[1], .below = nb->last_retreat};
    nb->last_retreat = retreat_count;
    nb->place = place_of(nb);
}

static void advance(const struct pp_event *event) {
    struct pp_object *nb = nb_at(event->args[0]);
    uint64_t delta = event->args[1];
    if (nb == NULL) {
        return;
    }
    while (nb->last_retreat != 0 && delta >= retreats[nb->last_retreat].delta) {
        delta -= retreats[nb->last_retreat].delta;
        nb->last_retreat = retreats[nb->last_retreat].below;
    }
    if (nb->last_retreat != 0) {
        retreats[nb->last_retreat].delta -= (uint32_t)delta;
    }
    nb->place = place_of(nb);
}

// === Looking at data ===

static void note_result(const struct pp_event *event) {
    const struct pp_object *nb = pp_model_at(event->args[0]);
    if (event->args[1] != 0 && event->args[3] == 0) {
        data_results[data_result_count++ % DATA_RESULTS] =
            (struct data_result){event->args[1], event->args[2], pp_model_index(nb)};
    }
}

struct pp_object *pp_model_data_nb(uint64_t address) {
    uint32_t count = data_result_count < DATA_RESULTS ? data_result_count : DATA_RESULTS;
    for (uint32_t i = 0; i < count; i++) {
        const struct data_result *result = &data_results[i];
        if (address - result->address < result->size) {
            return pp_model_object(result->nb);
        }
    }
    return NULL;
}

// === Copies ===

static uint64_t smaller(uint64_t a, uint64_t b) { return a < b ? a : b; }

// What is still missing.
static void note_missing(struct pp_copy *copy) {
    const MDL *chain = (const MDL *)copy->chain;
    copy->digest = pp_digest_chain(chain, copy->at + copy->copied, copy->asked - copy->copied);
}

// The bytes that were to go there.
static void note_wanted(struct pp_copy *copy) {
    const NET_BUFFER *source = (const NET_BUFFER *)copy_source;
    uint64_t from = copy_source_offset + copy->copied;
    uint64_t there = source->stDataLength > from ? source->stDataLength - from : 0;
    copy->wanted = smaller(there, copy->asked - copy->copied);
    copy->wanted_digest = pp_digest_chain(source->MdlChain, source->DataOffset + from, copy->wanted);
}

// A copy that was whole may make up for one that was not, or for the beginning of it.
static void note_whole(struct pp_object *nb, uint64_t at, uint64_t length) {
    struct pp_copy *copy = &copies[nb->copy];
    uint64_t missing = copy->at + copy->copied;
    if ((uintptr_t)((const NET_BUFFER *)nb->address)->MdlChain != copy->chain || at > missing ||
        at + length <= missing) {
        return;
    }
    copy->copied = (uint32_t)smaller(at + length - copy->at, copy->asked);
    copy->wanted = 0;
    if (copy->copied == copy->asked) {
        nb->copy = 0;
    } else {
        note_missing(copy);
    }
}

PP_READS_CLOSED static void note_copy(const struct pp_event *event) {
    const uint64_t *args = event->args;
    struct pp_object *object = pp_model_at(args[0]);
    const NET_BUFFER *nb = (const NET_BUFFER *)object->address;
    struct pp_copy copy = {.chain = (uintptr_t)nb->MdlChain,
                           .at = nb->DataOffset + args[1],
                           .asked = (uint32_t)args[3],
                           .copied = (uint32_t)args[4],
                           .has_failed = args[2] != NDIS_STATUS_SUCCESS,
                           .op = event->op};
    if (copy.copied < copy.asked) {
        note_missing(&copy);
        note_wanted(&copy);
        copies = pp_grow(copies, &copy_capacity, ++copy_count, sizeof(*copies));
        copies[copy_count] = copy;
        object->copy = copy_count;
    } else if (object->copy != 0) {
        note_whole(object, copy.at, copy.asked);
    }
}

void pp_apply_data(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_RETREAT:
    case PP_EVENT_ADVANCE: begin_move(event); break;
    case PP_EVENT_RETREATED: retreat(event); break;
    case PP_EVENT_ADVANCED: advance(event); break;
    case PP_EVENT_MDL_ADDED: add_mdl(event); break;
    case PP_EVENT_DATA_GOT: note_result(event); break;
    case PP_EVENT_DATA_COPY:
        copy_source = event->args[3];
        copy_source_offset = event->args[4];
        break;
    default: note_copy(event); break;
    }
}
