// SPDX-License-Identifier: MIT
#include "kernel/search.h"

#include "base/dice.h"

#include <poolproof/program.h>

#define DEPTH_MAX 16u
#define STEPS_NEVER UINT32_MAX
#define PROGRAM_SERIAL 0u  // fibers begin with 1

static struct pp_search search;
static struct pp_dice dice;
static uint32_t step_now;
static uint32_t forced_at[DEPTH_MAX];  // ascending: the steps at which the strategy acts
static uint32_t forced_count;
static uint32_t forced_next;
static uint32_t lowered[DEPTH_MAX];  // serials whose priority was changed, the lowest one last
static uint32_t lowered_count;
static bool is_fresh;  // priorities have to be compared, for somebody may have become ready
static bool is_due;    // a forced switch
static uint32_t turns_without_program;

static void insert_forced(uint32_t step) {
    uint32_t place = forced_count++;
    while (place > 0 && forced_at[place - 1] > step) {
        forced_at[place] = forced_at[place - 1];
        place--;
    }
    forced_at[place] = step;
}

// How many steps of the run are forced switches, at random places.
static uint32_t pick_forced_count(void) {
    uint32_t depth = search.depth < DEPTH_MAX ? search.depth : DEPTH_MAX;
    switch (search.strategy) {
    case PP_STRATEGY_PCT: return depth > 0 ? depth - 1 : 0;
    case PP_STRATEGY_DELAY: return depth;
    case PP_STRATEGY_RANDOM: return 1 + pp_dice_small(&dice, 3);
    default: return 0;
    }
}

void pp_search_begin(const struct pp_search *new_search) {
    search = *new_search;
    dice = (struct pp_dice){.state = search.seed};
    dice.state = (uint64_t)pp_dice_bits(&dice) << 32 | search.number;
    step_now = 0;
    forced_count = forced_next = lowered_count = 0;
    turns_without_program = 0;
    is_fresh = true;
    is_due = false;
    for (uint32_t left = pick_forced_count(); left > 0; left--) {
        insert_forced(1 + pp_dice_roll(&dice, search.step_count + 1));
    }
}

static uint32_t next_forced(void) {
    if (search.strategy == PP_STRATEGY_ROBIN) {
        return step_now - step_now % search.number + search.number;
    }
    return forced_next < forced_count ? forced_at[forced_next] : STEPS_NEVER;
}

uint32_t pp_search_distance(void) {
    uint32_t next = next_forced();
    return is_fresh && search.strategy == PP_STRATEGY_PCT ? 1 : next > step_now ? next - step_now : 1;
}

void pp_search_count(uint32_t step_count) {
    uint32_t next = next_forced();
    step_now += step_count;
    is_due |= step_now >= next;
}

void pp_search_refresh(void) { is_fresh = true; }

// Higher goes first. A pure function of the serial, until it is lowered.
static uint64_t priority_of(uint32_t serial) {
    for (uint32_t i = lowered_count; i > 0; i--) {
        if (lowered[i - 1] == serial) {
            return DEPTH_MAX - i;
        }
    }
    struct pp_dice own = {.state = search.seed ^ (uint64_t)search.number << 32 ^ serial};
    return DEPTH_MAX + (uint64_t)pp_dice_bits(&own);
}

// The one of the highest priority, if it is higher than that of the fiber that runs.
static bool prefer(const struct pp_candidates *candidates, uint8_t *ret_target) {
    uint64_t best = priority_of(candidates->self);
    bool is_other = false;
    for (uint32_t i = 0; i < candidates->count + candidates->has_program; i++) {
        uint32_t serial = i < candidates->count ? candidates->serials[i] : PROGRAM_SERIAL;
        uint64_t priority = priority_of(serial);
        if (priority > best) {
            best = priority;
            is_other = true;
            *ret_target = (uint8_t)i;
        }
    }
    return is_other;
}

// The program has its turn when all that were ready have had theirs.
static uint8_t next_in_turn(const struct pp_candidates *candidates) {
    bool is_program = candidates->has_program && turns_without_program++ >= candidates->count;
    turns_without_program = is_program ? 0 : turns_without_program;
    return (uint8_t)(is_program ? candidates->count : 0);
}

static bool act(const struct pp_candidates *candidates, uint8_t *ret_target) {
    uint32_t others = candidates->count + candidates->has_program;
    if (candidates->has_time && pp_dice_once_in(&dice, others > 0 ? 6 : 2)) {
        *ret_target = PP_TARGET_TIME;
        return true;
    }
    if (others == 0) {
        return false;
    }
    switch (search.strategy) {
    case PP_STRATEGY_PCT:
        lowered[lowered_count++] = candidates->self;
        return prefer(candidates, ret_target);
    case PP_STRATEGY_RANDOM: *ret_target = (uint8_t)pp_dice_roll(&dice, others); return true;
    default: *ret_target = next_in_turn(candidates); return true;
    }
}

bool pp_search_decide(const struct pp_candidates *candidates, uint8_t *ret_target) {
    bool was_due = is_due, was_fresh = is_fresh;
    is_due = is_fresh = false;
    if (was_due) {
        while (forced_next < forced_count && forced_at[forced_next] <= step_now) {
            forced_next++;
        }
        if (act(candidates, ret_target)) {
            return true;
        }
    }
    return was_fresh && search.strategy == PP_STRATEGY_PCT && prefer(candidates, ret_target);
}
