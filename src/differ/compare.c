// SPDX-License-Identifier: MIT
// What is there, held against the model. An object that the model has and whose place is not known yet
// is taken to be where the pool says, if that can be memory at all.
#include "differ/player.h"

#include "base/touch.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct pp_rule pool_differs = {
    .id = "POOL-DIFFERS",
    .severity = PP_SEVERITY_STOP,
    .statement = "a pool does what the documentation says, and its rules are those of the documentation",
    .source = "-",
    .symptom = "what a driver is tested against is not what it will run on",
};

void pp_differs(const char *what, const char *format, ...) {
    if (pp_play.is_over) {
        return;
    }
    pp_play.is_over = true;
    if (pp_play.is_astray) {
        return;
    }
    pp_play.is_different = true;
    struct pp_finding *finding = pp_play.finding;
    finding->rule = &pool_differs;
    finding->op = pp_play.op;
    snprintf(finding->title, sizeof(finding->title), "poolproof: POOL-DIFFERS: %s %s", what,
             pp_play.word);
    va_list args;
    va_start(args, format);
    int length = snprintf(finding->detail, sizeof(finding->detail), "  pool %s, %s\n    ",
                          pp_pool_in_use()->name, pp_play.word);
    length +=
        vsnprintf(finding->detail + length, sizeof(finding->detail) - (size_t)length, format, args);
    va_end(args);
    snprintf(finding->detail + length, sizeof(finding->detail) - (size_t)length, "\n");
}

static bool number(const char *what, uint64_t actual, uint64_t expect) {
    if (actual != expect) {
        pp_differs(what, "%llu, expected %llu", (unsigned long long)actual, (unsigned long long)expect);
        return false;
    }
    return true;
}

// The object must be at `actual`; if nobody knows where it is, that is where.
static bool place(void **known, void *actual, size_t size, const char *what) {
    if (*known == NULL && actual != NULL && !pp_touch_is_open(actual, size)) {
        pp_differs(what, "an address where no memory is");
        return false;
    }
    if (*known == NULL && actual != NULL) {
        *known = actual;
    }
    if (actual == NULL || *known != actual) {
        pp_differs(what, actual == NULL ? "NULL, expected an object" : "another object than expected");
        return false;
    }
    return true;
}

// === MDLs and their bytes ===

static void place_buffer(int id, uint8_t *start) {
    struct pp_model_buffer *buffer = &pp_model.buffers[id];
    pp_places.buffers[id] = start;
    buffer->low = (uintptr_t)start % PAGE_SIZE;
    if (buffer->content != PP_NONE) {
        memcpy(start, &pp_model.content[buffer->content], buffer->size);
    }
}

void pp_compare_mdl(int id) {
    const struct pp_model_mdl *model = &pp_model.mdls[id];
    const MDL *mdl = pp_places.mdls[id];
    uint8_t *start = mdl->MappedSystemVa;
    if (pp_places.buffers[model->buffer] == NULL) {
        if (!pp_touch_is_open(start, model->length)) {
            pp_differs("buffer of", "%u bytes that are not all there", model->length);
            return;
        }
        place_buffer(model->buffer, start);
    }
    number("ByteCount of", mdl->ByteCount, model->length);
    if (start != pp_places.buffers[model->buffer] + model->start) {
        pp_differs("MappedSystemVa of", "an MDL describes other bytes than expected");
    }
    if (MmGetMdlVirtualAddress(mdl) != (void *)start) {
        pp_differs("StartVa and ByteOffset of", "an MDL's are not where it is mapped");
    }
    if (model->next == PP_NONE && mdl->Next != NULL) {
        pp_differs("number of MDLs of", "one more than expected");
    }
}

// A chain from `actual` on.
static bool compare_chain(int id, MDL *actual) {
    for (; id != PP_NONE; id = pp_model.mdls[id].next) {
        if (pp_model.mdls[id].life != PP_LIVE) {
            return pp_places.mdls[id] == actual;  // and cannot be followed
        }
        if (!place((void **)&pp_places.mdls[id], actual, sizeof(MDL), "MDL chain of")) {
            return false;
        }
        pp_compare_mdl(id);
        if (pp_play.is_over) {
            return false;
        }
        actual = pp_places.mdls[id]->Next;
    }
    return actual == NULL;
}

static void compare_buffer(int id) {
    const struct pp_model_buffer *buffer = &pp_model.buffers[id];
    if (buffer->life == PP_LIVE && buffer->content != PP_NONE && pp_places.buffers[id] != NULL &&
        memcmp(pp_places.buffers[id], &pp_model.content[buffer->content], buffer->size) != 0) {
        pp_differs("content of a buffer after", "not the bytes that are expected");
    }
}

void pp_compare_content(int nb) {
    for (int mdl = pp_model.nbs[nb].mdl; mdl != PP_NONE; mdl = pp_model.mdls[mdl].next) {
        compare_buffer(pp_model.mdls[mdl].buffer);
    }
}

// === NBs ===

static const void *place_of_mdl(int mdl) { return mdl == PP_NONE ? NULL : pp_places.mdls[mdl]; }

void pp_compare_nb(int id) {
    const struct pp_model_nb *model = &pp_model.nbs[id];
    const NET_BUFFER *nb = pp_places.nbs[id];
    if (!compare_chain(model->mdl, nb->MdlChain)) {
        pp_differs("MDL chain of", "not the chain that is expected");
        return;
    }
    if (!number("DataOffset of", nb->DataOffset, model->offset) ||
        !number("DataLength of", nb->DataLength, model->length)) {
        return;
    }
    enum pp_nb_state state = pp_pool_model_nb_state(id);
    // Where there are several names for one place, any will do.
    if (state != PP_NB_UNCLEAR && state != PP_NB_BROKEN && state != PP_NB_LONG) {
        number("CurrentMdlOffset of", nb->CurrentMdlOffset, model->current_offset);
        if (nb->CurrentMdl != place_of_mdl(model->current)) {
            pp_differs("CurrentMdl of", "not the MDL that is expected");
        }
    }
    if (model->pool != PP_NONE && nb->NdisPoolHandle != pp_places.pools[model->pool]) {
        pp_differs("NdisPoolHandle of an NB after", "not the pool that is expected");
    }
}

// === NBLs ===

static void compare_contexts(const struct pp_model_nbl *model, const NET_BUFFER_LIST *nbl) {
    const NET_BUFFER_LIST_CONTEXT *context = nbl->Context;
    for (int id = model->context; id != PP_NONE; id = pp_model.contexts[id].older) {
        const struct pp_model_context *expect = &pp_model.contexts[id];
        if (context == NULL || !pp_touch_is_open(context, sizeof(*context))) {
            pp_differs("context blocks of", "one less than expected");
            return;
        }
        if (!number("context Size of", context->Size, expect->size) ||
            !number("context Offset of", context->Offset, expect->offset)) {
            return;
        }
        uint32_t used = (uint32_t)expect->size - expect->offset;
        if (!pp_touch_is_open(context->ContextData + expect->offset, used)) {
            pp_differs("context space of", "%u bytes that are not all there", used);
        }
        context = context->Next;
    }
    if (context != NULL) {
        pp_differs("context blocks of", "one more than expected");
    }
}

static void compare_fields(const struct pp_model_nbl *model, const NET_BUFFER_LIST *nbl) {
    const void *parent = model->is_parent_set ? pp_places.nbls[model->parent] : NULL;
    if (nbl->Next != NULL) {
        pp_differs("Next of an NBL after", "not NULL");
    }
    if (nbl->ParentNetBufferList != parent) {
        pp_differs("ParentNetBufferList after", "not what the driver has written");
    }
    if (model->pool != PP_NONE && nbl->NdisPoolHandle != pp_places.pools[model->pool]) {
        pp_differs("NdisPoolHandle of an NBL after", "not the pool that is expected");
    }
    if (nbl->SourceHandle != NULL) {
        pp_differs("SourceHandle after", "not NULL");
    }
    number("Scratch after", (uintptr_t)nbl->Scratch, model->scratch);
    number("ChildRefCount after", (uint32_t)nbl->ChildRefCount, (uint32_t)model->child_ref_count);
    number("NblFlags after", nbl->NblFlags, model->nbl_flags);
    number("Flags after", nbl->Flags & NBL_FLAGS_PROTOCOL_RESERVED, model->own_flags);
    number("Status after", (uint32_t)nbl->Status, 0);
    for (uint32_t i = 0; i < PP_MODEL_INFOS; i++) {
        number("NetBufferListInfo after", (uintptr_t)nbl->NetBufferListInfo[i], model->info[i]);
    }
}

void pp_compare_nbl(int id) {
    const struct pp_model_nbl *model = &pp_model.nbls[id];
    const NET_BUFFER_LIST *nbl = pp_places.nbls[id];
    NET_BUFFER *actual = nbl->FirstNetBuffer;
    for (int nb = model->nb; nb != PP_NONE && !pp_play.is_over; nb = pp_model.nbs[nb].next) {
        if (!place((void **)&pp_places.nbs[nb], actual, sizeof(NET_BUFFER), "NBs of")) {
            return;
        }
        if (pp_model.nbs[nb].life != PP_LIVE) {
            break;  // a freed NB cannot be followed
        }
        actual = pp_places.nbs[nb]->Next;
        if (pp_model.nbs[nb].next == PP_NONE && actual != NULL) {
            pp_differs("NBs of", "one more than expected");
        }
        pp_compare_nb(nb);
    }
    if (model->nb == PP_NONE && actual != NULL) {
        pp_differs("NBs of", "one more than expected");
    }
    if (!pp_play.is_over) {
        compare_contexts(model, nbl);
        compare_fields(model, nbl);
    }
}

// What the pages do not list may be copied or not: the model learns it.
void pp_compare_info_copy(const struct pp_call *call) {
    uint64_t *to = pp_model.nbls[call->object.id].info;
    const uint64_t *from = pp_model.nbls[call->second.id].info;
    for (uint32_t i = 0; i < PP_MODEL_INFOS; i++) {
        uint64_t actual = (uintptr_t)pp_places.nbls[call->object.id]->NetBufferListInfo[i];
        if (!pp_pool_model_info_is_copied(call->choice != 0, i) && actual == from[i]) {
            to[i] = from[i];
        }
    }
}

// === Everything ===

void pp_compare_all(void) {
    for (int id = 0; id < pp_model.nbl_count && !pp_play.is_over; id++) {
        if (pp_model.nbls[id].life == PP_LIVE) {
            pp_compare_nbl(id);
        }
    }
    for (int id = 0; id < pp_model.nb_count && !pp_play.is_over; id++) {
        if (pp_model.nbs[id].life == PP_LIVE && pp_model.nbs[id].nbl == PP_NONE) {
            pp_compare_nb(id);
        }
    }
    for (int id = 0; id < pp_model.mdl_count && !pp_play.is_over; id++) {
        if (pp_model.mdls[id].life == PP_LIVE && pp_places.mdls[id] != NULL) {
            pp_compare_mdl(id);
        }
    }
    for (int id = 0; id < pp_model.buffer_count && !pp_play.is_over; id++) {
        compare_buffer(id);
    }
}

// === What is new ===

static void forget_handle(int id) {
    // A pool's handle may be that of a pool that is gone; then its old name says nothing any more.
    for (int old = 0; old < pp_model.pool_count; old++) {
        if (old == id || pp_places.pools[old] != pp_places.pools[id]) {
            continue;
        }
        if (pp_model.pools[old].life == PP_LIVE) {
            pp_differs("handle of", "that of a pool that lives");
        }
        pp_model.pools[old].life = PP_LOST;
    }
}

static bool is_new(void *pointer, size_t size) {
    if (!pp_touch_is_open(pointer, size)) {
        pp_differs("result of", "an address where no memory is");
        return false;
    }
    return true;
}

void pp_place(enum pp_letter letter, int id, void *pointer) {
    switch (letter) {
    case PP_LETTER_P:
    case PP_LETTER_Q:
        pp_places.pools[id] = pointer;
        forget_handle(id);
        break;
    case PP_LETTER_N:
        if (is_new(pointer, sizeof(NET_BUFFER_LIST))) {
            pp_places.nbls[id] = pointer;
            pp_compare_nbl(id);
        }
        break;
    case PP_LETTER_K:
        if (is_new(pointer, sizeof(NET_BUFFER))) {
            pp_places.nbs[id] = pointer;
            pp_compare_nb(id);
        }
        break;
    case PP_LETTER_D:
        if (is_new(pointer, sizeof(MDL))) {
            pp_places.mdls[id] = pointer;
            pp_compare_mdl(id);
        }
        break;
    case PP_LETTER_V:
        if (is_new(pointer, pp_model.buffers[id].size)) {
            place_buffer(id, pointer);
        }
        break;
    case PP_LETTER_G: pp_places.objects[id] = pointer; break;
    }
}
