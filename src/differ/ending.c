// SPDX-License-Identifier: MIT
// The end of a program: everything that lives is freed in an order that is right, by calls as those of
// the program, and nothing may be left of it.
#include "differ/player.h"

#include "base/emit.h"
#include "pool/pool.h"

static bool call_of(enum pp_pool_op_kind kind, int id, struct pp_passing *ret_passing) {
    *ret_passing = (struct pp_passing){
        .call = {.kind = (uint8_t)kind, .object = {PP_PASS_RIGHT, id}, .align = 1, .is_same = true}};
    ret_passing->call.second.passed = ret_passing->call.third.passed = PP_PASS_NOTHING;
    pp_call_address(ret_passing);
    pp_play.word = pp_call_infos[kind].word;
    return !pp_play.is_over;
}

static void play(enum pp_pool_op_kind kind, int id) {
    struct pp_passing passing;
    if (call_of(kind, id, &passing)) {
        pp_play_call(&passing);
    }
}

// Advances an NB so far that the MDLs of its retreats can go. Those of a derivation go with it.
static void undo_retreats(int id) {
    const struct pp_model_nb *nb = &pp_model.nbs[id];
    uint64_t bytes = 0;
    int mdl = nb->mdl;
    for (uint32_t i = 0; i < nb->retreat_count; i++) {
        bytes += pp_model.mdls[mdl].length;
        mdl = pp_model.mdls[mdl].next;
    }
    struct pp_passing passing;
    if (nb->life == PP_LIVE && nb->retreat_count > 0 && nb->derive_count == 0 &&
        call_of(PP_POOL_OP_ADVANCE, id, &passing)) {
        passing.call.delta = bytes > nb->offset ? (uint32_t)(bytes - nb->offset) : 0;
        passing.call.free_mdl = true;
        passing.call.handler = 1;
        if (passing.call.delta <= nb->length) {
            pp_play_call(&passing);
        }
    }
}

static void give_contexts(int id) {
    struct pp_passing passing;
    while (pp_model.nbls[id].take != PP_NONE && call_of(PP_POOL_OP_GIVE_CONTEXT, id, &passing)) {
        passing.call.context = pp_model.takes[pp_model.nbls[id].take].size;
        pp_play_call(&passing);
    }
}

static void detach_all(int id) {
    struct pp_passing passing;
    for (uint32_t i = pp_pool_model_nb_count(id); i > 0 && call_of(PP_POOL_OP_DETACH, id, &passing);
         i--) {
        passing.call.index = i - 1;
        pp_play_call(&passing);
    }
}

static void free_nbl(int id) {
    static const enum pp_pool_op_kind kinds[] = {PP_POOL_OP_FREE_NBL, PP_POOL_OP_FREE_CLONE,
                                                 PP_POOL_OP_FREE_FRAGMENT, PP_POOL_OP_FREE_REASSEMBLED};
    const struct pp_model_nbl *nbl = &pp_model.nbls[id];
    struct pp_passing passing;
    if (nbl->kind == PP_NBL_PLAIN) {
        detach_all(id);
    }
    for (int nb = nbl->nb; nb != PP_NONE; nb = pp_model.nbs[nb].next) {
        undo_retreats(nb);
    }
    give_contexts(id);
    if (call_of(kinds[nbl->kind], id, &passing)) {
        passing.call.flags = nbl->kind == PP_NBL_CLONE ? nbl->flags : 0;
        passing.call.delta = nbl->delta;
        pp_play_call(&passing);
    }
}

static void free_mdl(int id) {
    const struct pp_model_mdl *mdl = &pp_model.mdls[id];
    struct pp_passing passing;
    if (mdl->length != mdl->length_made && call_of(PP_POOL_OP_ADJUST_MDL, id, &passing)) {
        passing.call.length = mdl->length_made;
        pp_play_call(&passing);
    }
    play(PP_POOL_OP_FREE_MDL, id);
}

static void free_objects(void) {
    // What was derived from an NBL has a higher number.
    for (int id = pp_model.nbl_count - 1; id >= 0; id--) {
        if (pp_model.nbls[id].life == PP_LIVE) {
            free_nbl(id);
        }
    }
    for (int id = 0; id < pp_model.nb_count; id++) {
        if (pp_model.nbs[id].life == PP_LIVE) {
            undo_retreats(id);
            play(PP_POOL_OP_FREE_NB, id);
        }
    }
    for (int id = 0; id < pp_model.mdl_count; id++) {
        enum pp_mdl_kind kind = pp_model.mdls[id].kind;
        if (pp_model.mdls[id].life == PP_LIVE && (kind == PP_MDL_OF_NDIS || kind == PP_MDL_OF_IO)) {
            free_mdl(id);
        }
    }
    for (int id = 0; id < pp_model.buffer_count; id++) {
        if (pp_model.buffers[id].life == PP_LIVE && pp_model.buffers[id].is_drivers) {
            play(PP_POOL_OP_FREE_BUFFER, id);
        }
    }
}

// A retreat that is not undone before its NB goes leaks, as it does on Windows; a pool may know better.
static bool has_lost(void) {
    for (int id = 0; id < pp_model.mdl_count; id++) {
        if (pp_model.mdls[id].life == PP_LOST) {
            return true;
        }
    }
    return false;
}

void pp_play_ending(void) {
    pp_play.op = pp_now.op = PP_OP_NONE;
    pp_play.word = "the end of the program";
    pp_compare_all();
    free_objects();
    for (int id = 0; id < pp_model.pool_count; id++) {
        if (pp_model.pools[id].life == PP_LIVE) {
            play(pp_model.pools[id].is_nb_pool ? PP_POOL_OP_FREE_NB_POOL : PP_POOL_OP_FREE_NBL_POOL, id);
        }
    }
    for (int id = 0; id < pp_model.object_count; id++) {
        if (pp_model.objects[id].life == PP_LIVE) {
            play(PP_POOL_OP_FREE_OBJECT, id);
        }
    }
    if (!pp_play.is_over) {
        pp_handler_give_back();
        pp_play.word = "the end of the program";
        uint32_t held = pp_pool_memory_held();
        if (held != 0 && !has_lost()) {
            pp_differs("memory left at", "%u blocks of the pool, after all pools have been freed", held);
        }
    }
}
