// SPDX-License-Identifier: MIT
// Closing and opening what an NBL consists of, as it passes from the driver to the world and back,
// whichever pool has made it. MDLs may be shared, so some of what is followed may be closed already; and
// a driver may send what it should not: only memory of the world is ever closed, since nobody would open
// the rest if the run ended here.
#include "base/guard.h"
#include "base/touch.h"
#include "pool/pool.h"

bool pp_pool_is_nbl(const NET_BUFFER_LIST *nbl) {
    return pp_arena_is(nbl, PP_USE_NBL) || pp_arena_is(nbl, PP_USE_DERIVED_NBL) ||
           pp_arena_is(nbl, PP_USE_FOREIGN);
}

typedef void (*range_function)(const void *address, size_t size);

static bool is_of_world(const void *address, size_t size) {
    return size > 0 && pp_arena_contains(address) && pp_arena_contains((const char *)address + size - 1);
}

static void close_range(const void *address, size_t size) {
    if (is_of_world(address, size)) {
        pp_guard_close(address, size);
    }
}

static void open_range(const void *address, size_t size) {
    if (is_of_world(address, size)) {
        pp_guard_open(address, size);
    }
}

// Unused context space stays closed.
PP_READS_CLOSED static void for_each_context(const NET_BUFFER_LIST_CONTEXT *context,
                                             range_function act) {
    for (uint32_t i = 0; i < PP_CHAIN_MAX && is_of_world(context, sizeof(*context)); i++) {
        const NET_BUFFER_LIST_CONTEXT *next = context->Next;
        uint32_t used = context->Offset < context->Size ? context->Size - context->Offset : 0;
        act(context, sizeof(*context));
        act(context->ContextData + context->Offset, used);
        context = next;
    }
}

PP_READS_CLOSED static void for_each_mdl(const MDL *mdl, range_function act) {
    for (uint32_t i = 0; mdl != NULL && i < PP_CHAIN_MAX; i++) {
        const MDL *next = mdl->Next;
        act(mdl->MappedSystemVa, mdl->ByteCount);
        act(mdl, sizeof(*mdl));
        mdl = next;
    }
}

PP_READS_CLOSED static void for_each_part(const NET_BUFFER_LIST *nbl, range_function act) {
    for_each_context(nbl->Context, act);
    const NET_BUFFER *nb = nbl->FirstNetBuffer;
    for (uint32_t i = 0; nb != NULL && i < PP_CHAIN_MAX; i++) {
        const NET_BUFFER *next = nb->Next;
        for_each_mdl(nb->MdlChain, act);
        act(nb, sizeof(*nb));
        nb = next;
    }
    act(nbl, sizeof(*nbl));
}

PP_READS_CLOSED static bool is_chain_shared(const MDL *mdl) {
    for (uint32_t i = 0; mdl != NULL && i < PP_CHAIN_MAX; i++, mdl = mdl->Next) {
        if (!pp_touch_is_open(mdl, sizeof(*mdl)) ||
            !pp_touch_is_open(mdl->MappedSystemVa, mdl->ByteCount)) {
            return true;
        }
    }
    return false;
}

PP_READS_CLOSED bool pp_pool_is_shared(const NET_BUFFER_LIST *nbl) {
    const NET_BUFFER *nb = PP_HAS_GUARD ? nbl->FirstNetBuffer : NULL;
    for (uint32_t i = 0; nb != NULL && i < PP_CHAIN_MAX; i++, nb = nb->Next) {
        if (is_chain_shared(nb->MdlChain)) {
            return true;
        }
    }
    return false;
}

void pp_pool_hand_over(NET_BUFFER_LIST *nbl) {
    if (PP_HAS_GUARD) {
        for_each_part(nbl, close_range);
    }
}

void pp_pool_hand_back(NET_BUFFER_LIST *nbl) {
    if (PP_HAS_GUARD) {
        for_each_part(nbl, open_range);
    }
}
