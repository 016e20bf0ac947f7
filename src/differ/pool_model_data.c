// SPDX-License-Identifier: MIT
// MDL chains and the bytes behind them.
#include "differ/pool_model_parts.h"

#include <string.h>

#define PAGE 4096u

uint64_t pp_pool_model_chain_bytes(int mdl) {
    uint64_t bytes = 0;
    for (; mdl != PP_NONE; mdl = pp_model.mdls[mdl].next) {
        bytes += pp_model.mdls[mdl].length;
    }
    return bytes;
}

void pp_pool_model_position(int mdl, uint32_t offset, int *ret_mdl, uint32_t *ret_offset) {
    while (mdl != PP_NONE && offset >= pp_model.mdls[mdl].length && pp_model.mdls[mdl].next != PP_NONE) {
        offset -= pp_model.mdls[mdl].length;
        mdl = pp_model.mdls[mdl].next;
    }
    *ret_mdl = mdl;
    *ret_offset = mdl == PP_NONE ? 0 : offset;
}

static bool is_broken(int mdl) {
    for (; mdl != PP_NONE; mdl = pp_model.mdls[mdl].next) {
        if (pp_model.mdls[mdl].life != PP_LIVE ||
            pp_model.buffers[pp_model.mdls[mdl].buffer].life != PP_LIVE) {
            return true;
        }
    }
    return false;
}

enum pp_nb_state pp_pool_model_nb_state(int id) {
    const struct pp_model_nb *nb = &pp_model.nbs[id];
    if (is_broken(nb->mdl)) {
        return PP_NB_BROKEN;
    }
    if (nb->offset + nb->length > pp_pool_model_chain_bytes(nb->mdl)) {
        return PP_NB_LONG;
    }
    bool has_empty = false;
    uint64_t before_current = 0, before = 0;
    for (int mdl = nb->mdl; mdl != PP_NONE; mdl = pp_model.mdls[mdl].next) {
        before_current = mdl == nb->current ? before : before_current;
        before += pp_model.mdls[mdl].length;
        has_empty |= pp_model.mdls[mdl].length == 0;
    }
    if (nb->current != PP_NONE && before_current + nb->current_offset != nb->offset) {
        return PP_NB_ASTRAY;
    }
    int current;
    uint32_t current_offset;
    pp_pool_model_position(nb->mdl, nb->offset, &current, &current_offset);
    return has_empty || current != nb->current || current_offset != nb->current_offset ? PP_NB_UNCLEAR
                                                                                       : PP_NB_GOOD;
}

// === Segments ===

// A walk over the bytes of a chain from a position on, MDL by MDL.
struct segment {
    int next;  // MDL behind this one
    int buffer;
    uint32_t start;   // in the buffer
    uint64_t length;  // cut to what is left
};

static bool next_segment(struct segment *segment) {
    while (segment->next != PP_NONE) {
        const struct pp_model_mdl *mdl = &pp_model.mdls[segment->next];
        segment->next = mdl->next;
        if (mdl->length > 0) {
            segment->buffer = mdl->buffer;
            segment->start = mdl->start;
            segment->length = mdl->length;
            return true;
        }
    }
    return false;
}

// From the byte `skip` of used data on.
static bool first_segment(const struct pp_model_nb *nb, uint64_t skip, struct segment *segment) {
    segment->next = nb->current;
    skip += nb->current_offset;
    while (next_segment(segment)) {
        if (skip < segment->length) {
            segment->start += (uint32_t)skip;
            segment->length -= skip;
            return true;
        }
        skip -= segment->length;
    }
    return false;
}

static bool drop_front(struct segment *segment, uint64_t bytes) {
    segment->start += (uint32_t)bytes;
    segment->length -= bytes;
    return segment->length > 0 || next_segment(segment);
}

bool pp_pool_model_read(int id, uint32_t bytes, uint8_t *ret_bytes) {
    struct segment segment;
    bool is_there = first_segment(&pp_model.nbs[id], 0, &segment);
    while (bytes > 0 && is_there) {
        int content = pp_model.buffers[segment.buffer].content;
        uint32_t part = segment.length < bytes ? (uint32_t)segment.length : bytes;
        if (content == PP_NONE) {
            return false;
        }
        memcpy(ret_bytes, &pp_model.content[(uint32_t)content + segment.start], part);
        ret_bytes += part;
        bytes -= part;
        is_there = drop_front(&segment, part);
    }
    return bytes == 0;
}

// === Data in one piece ===

// Whether NB or storage is looked at first is not said.
static void judge_storage(const struct pp_call *call, struct pp_expect *expect) {
    if ((call->align & (call->align - 1)) != 0) {
        pp_breaks(expect, "GDB-STORAGE");
    }
    if (call->second.passed == PP_PASS_FREED) {
        // Memory that is gone has no room.
        pp_breaks(expect, "MEM-UAF");
        pp_breaks(expect, "GDB-STORAGE");
    } else if (call->second.passed == PP_PASS_RIGHT &&
               pp_model.buffers[call->second.id].size < call->bytes) {
        pp_breaks(expect, "GDB-STORAGE");
    }
    // Storage is not to be a part of the data. Nothing needs no room.
    for (int mdl = call->object.passed == PP_PASS_RIGHT ? pp_model.nbs[call->object.id].mdl : PP_NONE;
         mdl != PP_NONE; mdl = pp_model.mdls[mdl].next) {
        expect->is_skipped |=
            call->second.passed == PP_PASS_RIGHT && pp_model.mdls[mdl].buffer == call->second.id;
    }
    expect->is_skipped |= call->bytes == 0 && call->second.passed == PP_PASS_FREED;
}

JUDGE(GET_DATA) {
    expect->point = PP_POINT_DATA_GET;
    expect->ask_count = 1;
    judge_storage(call, expect);
    if (!pp_operand_is_right(expect, call->object, "MEM-UAF")) {
        return;
    }
    int id = call->object.id;
    const struct pp_model_nb *nb = &pp_model.nbs[id];
    expect->is_skipped |= pp_pool_model_nb_state(id) != PP_NB_GOOD;
    expect->fails = call->bytes > nb->length || (call->bytes == 0 && nb->mdl == PP_NONE);
    // How nothing is to be aligned is not said.
    expect->is_skipped |= call->bytes == 0 && call->align > 1;
    if (expect->fails || expect->is_skipped || expect->rule_count > 0) {
        return;
    }
    const struct pp_model_mdl *mdl = &pp_model.mdls[nb->current];
    uint32_t start = mdl->start + nb->current_offset;
    bool is_aligned = (pp_model.buffers[mdl->buffer].low + start) % call->align == 0;
    expect->id = mdl->buffer;
    expect->value = start;
    if (nb->current_offset + (uint64_t)call->bytes <= mdl->length && is_aligned) {
        expect->result = PP_RESULT_ADDRESS;
        return;
    }
    expect->result = PP_RESULT_STORAGE;
    expect->fails = !call->has_storage;
    // Two MDLs may describe neighbours.
    expect->or_address = is_aligned;
}

APPLY(GET_DATA) {
    if (call->second.passed == PP_PASS_RIGHT) {
        pp_model.buffers[call->second.id].content = PP_NONE;
    }
    return PP_NONE;
}

JUDGE(GET_DATA_INTO) { pp_judge_GET_DATA(call, expect); }
APPLY(GET_DATA_INTO) { return pp_apply_GET_DATA(call); }

// === Copies ===

static uint64_t bytes_behind(const struct pp_model_nb *nb, uint64_t skip) {
    uint64_t bytes = pp_pool_model_chain_bytes(nb->mdl) - nb->offset;
    return skip < bytes ? bytes - skip : 0;
}

// The destination ends with its chain, the source with its data.
static uint64_t copy_length(const struct pp_call *call) {
    const struct pp_model_nb *to = &pp_model.nbs[call->object.id];
    const struct pp_model_nb *from = &pp_model.nbs[call->second.id];
    uint64_t room = bytes_behind(to, call->offset);
    uint64_t data = call->from_offset < from->length ? from->length - call->from_offset : 0;
    uint64_t length = call->bytes < room ? call->bytes : room;
    return length < data ? length : data;
}

// If the same bytes are read and written, the result depends on the order.
static bool overlaps(const struct pp_call *call, uint64_t length) {
    struct segment to, from;
    uint64_t to_left = length;
    for (bool is_to = first_segment(&pp_model.nbs[call->object.id], call->offset, &to);
         is_to && to_left > 0; is_to = next_segment(&to)) {
        to.length = to.length < to_left ? to.length : to_left;
        to_left -= to.length;
        uint64_t from_left = length;
        for (bool is_from = first_segment(&pp_model.nbs[call->second.id], call->from_offset, &from);
             is_from && from_left > 0; is_from = next_segment(&from)) {
            from.length = from.length < from_left ? from.length : from_left;
            from_left -= from.length;
            if (to.buffer == from.buffer && to.start < from.start + from.length &&
                from.start < to.start + to.length) {
                return true;
            }
        }
    }
    return false;
}

static bool judge_side(struct pp_operand operand, struct pp_expect *expect) {
    if (!pp_operand_is_right(expect, operand, "MEM-UAF")) {
        return false;
    }
    switch (pp_pool_model_nb_state(operand.id)) {
    case PP_NB_GOOD: return true;
    case PP_NB_ASTRAY: pp_breaks(expect, "NB-CONSIST"); return false;
    default: expect->is_skipped = true; return false;
    }
}

JUDGE(COPY) {
    bool is_right = judge_side(call->object, expect);
    is_right &= judge_side(call->second, expect);
    expect->point = PP_POINT_DATA_COPY;
    expect->ask_count = 1;
    expect->result = PP_RESULT_NUMBER;
    if (is_right) {
        expect->value = expect->value_max = copy_length(call);
        expect->is_skipped |= overlaps(call, expect->value);
    }
}

APPLY(COPY) {
    struct segment to, from;
    uint64_t left = copy_length(call);
    bool is_there = left > 0 && first_segment(&pp_model.nbs[call->object.id], call->offset, &to) &&
                    first_segment(&pp_model.nbs[call->second.id], call->from_offset, &from);
    while (left > 0 && is_there) {
        uint64_t part = to.length < from.length ? to.length : from.length;
        part = part < left ? part : left;
        int target = pp_model.buffers[to.buffer].content, source = pp_model.buffers[from.buffer].content;
        if (target != PP_NONE && source != PP_NONE) {
            memcpy(&pp_model.content[(uint32_t)target + to.start],
                   &pp_model.content[(uint32_t)source + from.start], part);
        } else {
            pp_model.buffers[to.buffer].content = PP_NONE;
        }
        left -= part;
        is_there = drop_front(&to, part) && drop_front(&from, part);
    }
    return PP_NONE;
}

// === Pages ===

JUDGE(PHYSICAL_COUNT) {
    if (!pp_operand_is_right(expect, call->object, "MEM-UAF")) {
        return;
    }
    const struct pp_model_nb *nb = &pp_model.nbs[call->object.id];
    expect->is_skipped |= pp_pool_model_nb_state(call->object.id) != PP_NB_GOOD;
    if (expect->is_skipped) {
        return;
    }
    // An upper bound of the breaks: no less than the pages that the used data lies on, no more than
    // those of the whole chain, an MDL without bytes counted as one.
    struct segment segment;
    uint64_t left = nb->length, pages = 0, segments = 0, all = 0;
    for (bool is_there = first_segment(nb, 0, &segment); is_there && left > 0;
         is_there = next_segment(&segment)) {
        uint64_t length = segment.length < left ? segment.length : left;
        uint64_t low = pp_model.buffers[segment.buffer].low + segment.start;
        pages += (low + length - 1) / PAGE - low / PAGE + 1;
        segments++;
        left -= length;
    }
    for (int id = nb->mdl; id != PP_NONE; id = pp_model.mdls[id].next) {
        uint64_t low = pp_model.buffers[pp_model.mdls[id].buffer].low + pp_model.mdls[id].start;
        all += (low + pp_model.mdls[id].length) / PAGE - low / PAGE + 1;
    }
    expect->result = PP_RESULT_NUMBER;
    expect->value = pages > 0 ? pages - (segments - 1) : 0;  // two MDLs may share a page
    expect->value_max = all;
}

APPLY_NOTHING(PHYSICAL_COUNT)
