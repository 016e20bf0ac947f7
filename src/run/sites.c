// SPDX-License-Identifier: MIT
#include "run/sites.h"

#include "base/emit.h"
#include "base/grow.h"
#include "base/map.h"
#include "base/stack.h"
#include "base/symbol.h"
#include "check/likeness.h"
#include "faults/injector.h"

#include <poolproof/run.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define FRAMES_MAX 32  // ours and the driver's

static struct pp_range text;
static const struct pp_program *program;
static struct pp_site *sites;
static uint32_t site_capacity, site_count;
static struct pp_place *places;
static uint32_t place_capacity, place_count;
static struct pp_map place_numbers;       // by digest
static struct pp_map did_counts;          // by op and what was done
static uint64_t did[PP_PROGRAM_OPS_MAX];  // digest of these counts, of each op
static bool has_states;
static uint64_t wants[PP_PROGRAM_OPS_MAX];  // digest of what the op is and what comes next; 0: not made

static uintptr_t origin(void) { return (uintptr_t)&pp_run; }

const struct pp_site *pp_run_sites(uint32_t *ret_count) {
    *ret_count = site_count;
    return sites;
}

const struct pp_place *pp_place_at(uint32_t place) { return &places[place]; }

uint32_t pp_place_count(void) { return place_count; }

uint32_t pp_place_add(const struct pp_place *place) {
    uint32_t number = pp_map_get(&place_numbers, pp_map_key(place->digest));
    if (number != PP_MAP_NONE) {
        return number;
    }
    places = pp_grow(places, &place_capacity, place_count, sizeof(*places));
    places[place_count] = *place;
    pp_map_put(&place_numbers, pp_map_key(place->digest), place_count);
    return place_count++;
}

const char *pp_place_function(const struct pp_place *place, uint32_t frame) {
    return pp_symbol_name(place->stack[frame] + origin() - 1);
}

void pp_place_describe(const struct pp_place *place, uint32_t frame, char *ret_text, size_t capacity) {
    pp_symbol_describe(place->stack[frame] + origin(), ret_text, capacity);
}

static bool is_driver_code(uintptr_t address) {
    return text.begin == text.end || pp_range_has(&text, address - 1);
}

// The frames of the driver alone: how the world came to call it does not tell its calls apart.
static uint32_t place_of(unsigned point, bool is_outcome, uintptr_t frame) {
    struct pp_place place = {.point = (uint8_t)point, .is_outcome = is_outcome};
    const struct pp_event here = {
        .frame = frame, .stack_low = pp_now.stack_low, .stack_high = pp_now.stack_high};
    uintptr_t addresses[FRAMES_MAX];
    size_t depth = pp_stack_take(&here, addresses, FRAMES_MAX);

    for (size_t i = 0; i < depth && place.depth < PP_STACK_DEPTH; i++) {
        if (is_driver_code(addresses[i])) {
            place.stack[place.depth++] = addresses[i] - origin();
        }
    }
    const uint64_t words[] = {point, is_outcome,
                              XXH3_64bits(place.stack, place.depth * sizeof(place.stack[0]))};
    place.digest = pp_map_key(XXH3_64bits(words, sizeof(words)));
    return pp_place_add(&place);
}

// Kind and arguments but handles: which object it is about does not matter. What comes next does, for it
// is what finds the driver in the state that a fault has left.
static uint64_t wants_of(uint16_t op) {
    if (wants[op] == 0) {
        const struct pp_op *it = &program->ops[op];
        const struct pp_op_info *info = pp_op_info(program, it);
        uint64_t words[PP_OP_ARGS_MAX + 2] = {it->kind};
        words[1] = op + 1u < program->op_count ? program->ops[op + 1].kind : PP_OP_COUNT;
        for (uint32_t i = 0; i < info->arg_count; i++) {
            words[i + 2] = info->args[i].kind == PP_ARG_HANDLE ? 0 : it->args[i];
        }
        wants[op] = XXH3_64bits(words, sizeof(words)) | 1;
    }
    return wants[op];
}

static uint64_t state_of(uint16_t op) {
    const uint64_t words[] = {wants_of(op), did[op], pp_likeness_digest()};
    return XXH3_64bits(words, sizeof(words));
}

static void note_site(const struct pp_fault_call *call) {
    uint16_t op = pp_now.op;
    sites = pp_grow(sites, &site_capacity, site_count, sizeof(*sites));
    sites[site_count++] = (struct pp_site){
        .state = has_states ? state_of(op) : 0,
        .place = place_of(call->point, call->is_outcome, (uintptr_t)__builtin_frame_address(0)),
        .nth = call->nth,
        .op = op,
        .point = call->point,
        .is_outcome = call->is_outcome,
        .is_answered = call->is_answered,
        .is_for_good = call->is_for_good,
        .status = call->status,
    };
}

void pp_sites_begin(struct pp_range driver_text, const struct pp_program *new_program,
                    enum pp_sites_wanted wanted) {
    text = driver_text;
    program = new_program;
    site_count = 0;
    has_states = wanted == PP_SITES_STATES;
    pp_fault_listen(wanted != PP_SITES_NONE ? note_site : NULL);
    if (has_states) {
        pp_likeness_begin();
        pp_map_clear(&did_counts);
        memset(did, 0, program->op_count * sizeof(did[0]));
        memset(wants, 0, program->op_count * sizeof(wants[0]));
    }
}

// What kind of event, by which callback, and with which answers; neither objects nor numbers.
static uint64_t kind_of(const struct pp_event *event) {
    const char *letters = pp_event_infos[event->kind].args;
    uint64_t words[PP_EVENT_ARGS_MAX + 1] = {event->kind | (uint64_t)event->callback << 16};
    for (size_t i = 0; letters[i] != '\0'; i++) {
        bool is_object = letters[i] == 'o';
        bool is_answer = letters[i] == 's' || letters[i] == 'c';
        words[i + 1] = is_object ? event->args[i] != 0 : is_answer ? event->args[i] : 0;
    }
    return XXH3_64bits(words, sizeof(words));
}

// What an op did is how often it did what, by orders of magnitude: the rounds of a loop are alike.
void pp_sites_add(const struct pp_event *event) {
    bool is_ours = event->kind == PP_EVENT_FAULT_FIRED || event->kind == PP_EVENT_OUTCOME_GIVEN;
    if (event->op == PP_OP_NONE || is_ours) {
        return;
    }
    const uint64_t kind = kind_of(event);
    uintptr_t key = pp_map_key(XXH64(&kind, sizeof(kind), event->op));
    uint32_t before = pp_map_get(&did_counts, key);
    before = before == PP_MAP_NONE ? 0 : before;
    pp_map_put(&did_counts, key, before + 1);
    if (pp_likeness_rank(before) != pp_likeness_rank(before + 1)) {
        did[event->op] += XXH64(&before, sizeof(before), kind);
    }
}
