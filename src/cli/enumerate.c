// SPDX-License-Identifier: MIT
#include "enumerate.h"

#include "base/grow.h"
#include "base/map.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

// The sites of the runs on the way to the current one.
static struct {
    struct pp_site *sites;
    uint32_t capacity;
    uint32_t count;
} levels[PP_ENUMERATE_DEPTH_MAX];

static uint32_t *branches;  // sites of level 0
static uint32_t branch_capacity, branch_count;
static struct pp_map branch_keys, keys;  // what sites were like that have been tried

// The way to the current run.
struct way {
    const struct pp_enumeration *all;
    struct pp_program *program;
    struct pp_enumerated *counts;
    struct pp_verdict verdict;
    bool is_over;
};

static void try_sites(struct way *way, uint32_t depth, uint32_t first, uint64_t before);

static void keep_sites(uint32_t depth) {
    uint32_t count;
    const struct pp_site *sites = pp_run_sites(&count);
    if (count > 0) {
        levels[depth].sites =
            pp_grow(levels[depth].sites, &levels[depth].capacity, count - 1, sizeof(*sites));
        memcpy(levels[depth].sites, sites, count * sizeof(*sites));
    }
    levels[depth].count = count;
}

// A site is tried once for all that are like it and have the same faults before them.
static bool is_new(struct pp_map *map, uint64_t before, const struct pp_site *site) {
    const uint64_t words[] = {before, pp_place_at(site->place)->digest, site->state};
    uintptr_t key = XXH3_64bits(words, sizeof(words)) | UINT64_C(1) << 63;
    if (pp_map_get(map, key) != PP_MAP_NONE) {
        return false;
    }
    pp_map_put(map, key, 1);
    return true;
}

// With one fault more there are as many as this round is about; all others are on the way only.
static bool is_last(const struct way *way, uint32_t depth) { return depth + 1 == way->all->depth; }

// Plays the program with one more fault in it. A run that is on the way was judged before.
static void play(struct way *way, uint32_t depth) {
    pp_subject_play_for_sites(way->all->subject, way->program, &way->verdict);
    if (!is_last(way, depth)) {
        return;
    }
    way->counts->run_count++;
    pp_enumerated_note_reached(way->counts);
    if (way->verdict.is_finding) {
        pp_enumerated_note_found(way->counts, way->verdict.finding.title, way->program);
        way->is_over = way->all->is_for_one;
    }
}

static void try_deeper(struct way *way, uint32_t depth, uint32_t site, unsigned variant,
                       uint64_t before) {
    if (is_last(way, depth) || way->verdict.is_finding) {
        return;
    }
    const struct pp_site *it = &levels[depth].sites[site];
    const uint64_t words[] = {before, pp_place_at(it->place)->digest, it->state, variant};
    keep_sites(depth + 1);
    try_sites(way, depth + 1, site + 1, XXH3_64bits(words, sizeof(words)));
}

// True if the op has come to the point again, after the site of that number, in the last run.
static bool comes_again(const struct pp_site *site, uint32_t number) {
    uint32_t count;
    const struct pp_site *sites = pp_run_sites(&count);
    for (uint32_t i = number + 1; i < count; i++) {
        if (sites[i].op == site->op && sites[i].point == site->point && !sites[i].is_outcome) {
            return true;
        }
    }
    return false;
}

// Fails the call, and then all from that one on, which is the same if there is no other.
static void try_failures(struct way *way, uint32_t depth, uint32_t number, uint64_t before) {
    const struct pp_site site = levels[depth].sites[number];
    struct pp_op *op = &way->program->ops[site.op];
    bool differs = true;

    if (op->fault_count == PP_OP_FAULTS_MAX || site.nth == UINT8_MAX) {
        way->counts->left_out_count += is_last(way, depth);
        return;
    }
    struct pp_fault *fault = &op->faults[op->fault_count++];
    *fault = (struct pp_fault){.point = site.point, .nth = site.nth};
    for (unsigned for_good = 0; for_good < 2 && differs && !way->is_over; for_good++) {
        fault->is_persistent = for_good;
        play(way, depth);
        differs = !for_good && comes_again(&site, number);
        if (is_last(way, depth)) {
            pp_enumerated_place(way->counts, site.place)->failed_once += !for_good;
            pp_enumerated_place(way->counts, site.place)->failed_for_good += for_good || !differs;
        }
        try_deeper(way, depth, number, for_good, before);
    }
    op->fault_count--;
}

// An outcome is for all calls of the op: the first one is where it begins.
static void try_outcomes(struct way *way, uint32_t depth, uint32_t number, uint64_t before) {
    const struct pp_site site = levels[depth].sites[number];
    struct pp_op *op = &way->program->ops[site.op];

    if (op->outcome_count == PP_OP_OUTCOMES_MAX) {
        way->counts->left_out_count += is_last(way, depth);
        return;
    }
    struct pp_outcome *outcome = &op->outcomes[op->outcome_count++];
    for (unsigned status = 0; status < PP_STATUS_COUNT && !way->is_over; status++) {
        if (!(pp_outcome_infos[site.point].statuses >> status & 1)) {
            continue;
        }
        *outcome = (struct pp_outcome){site.point, (uint8_t)status};
        play(way, depth);
        if (is_last(way, depth)) {
            pp_enumerated_place(way->counts, site.place)->statuses |= UINT64_C(1) << status;
        }
        try_deeper(way, depth, number, status, before);
    }
    op->outcome_count--;
}

// Some sites are no place for a fault of ours: an answer was there before, or began earlier in the op.
static bool is_free(const struct pp_site *site) {
    return !site->is_answered && !(site->is_outcome && site->nth > 1);
}

static void try_site(struct way *way, uint32_t depth, uint32_t number, uint64_t before) {
    if (levels[depth].sites[number].is_outcome) {
        try_outcomes(way, depth, number, before);
    } else {
        try_failures(way, depth, number, before);
    }
}

static void try_sites(struct way *way, uint32_t depth, uint32_t first, uint64_t before) {
    for (uint32_t i = first; i < levels[depth].count && !way->is_over; i++) {
        const struct pp_site *site = &levels[depth].sites[i];
        if (!is_free(site)) {
            continue;
        }
        if (way->all->is_pruned && !is_new(&keys, before, site)) {
            way->counts->pruned_count += is_last(way, depth);
            continue;
        }
        try_site(way, depth, i, before);
    }
}

static void begin_branches(const struct pp_enumeration *all, struct pp_enumerated *sum) {
    pp_map_clear(&branch_keys);
    for (uint32_t i = 0; i < levels[0].count; i++) {
        const struct pp_site *site = &levels[0].sites[i];
        if (!is_free(site)) {
            continue;
        }
        if (all->is_pruned && !is_new(&branch_keys, 0, site)) {
            sum->pruned_count++;
            continue;
        }
        branches = pp_grow(branches, &branch_capacity, branch_count, sizeof(*branches));
        branches[branch_count++] = i;
    }
}

uint32_t pp_enumerate_begin(const struct pp_enumeration *all, struct pp_verdict *ret_verdict,
                            struct pp_enumerated *sum) {
    pp_subject_play_for_sites(all->subject, all->program, ret_verdict);
    pp_enumerated_note_reached(sum);
    keep_sites(0);
    branch_count = 0;
    if (!ret_verdict->is_finding) {
        begin_branches(all, sum);
    }
    return branch_count;
}

void pp_enumerate_branch(const struct pp_enumeration *all, uint32_t branch, struct pp_enumerated *sum) {
    static struct pp_program program;
    static struct way way;

    program = *all->program;
    way = (struct way){.all = all, .program = &program, .counts = sum};
    pp_map_clear(&keys);
    try_site(&way, 0, branches[branch], 0);
}
