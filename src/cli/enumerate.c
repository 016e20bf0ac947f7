// SPDX-License-Identifier: MIT
#include "enumerate.h"

#include "base/grow.h"
#include "base/map.h"
#include "check/report.h"
#include "interrupt.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

// The sites of the runs on the way to the current one.
static struct {
    struct pp_site *sites;
    uint32_t capacity;
    uint32_t count;
} levels[PP_ENUMERATE_DEPTH_MAX];

static bool fails_anyway[PP_PROGRAM_OPS_MAX];  // ops, in the program's own run

static uint32_t *branches;  // sites of level 0
static uint32_t branch_capacity, branch_count;
static struct pp_map branch_keys, keys;  // what has been tried

// The way to the current run.
struct way {
    const struct pp_enumeration *all;
    struct pp_program *program;
    struct pp_enumerated *sum;
    struct pp_verdict verdict;
    bool is_over;
};

// What is tried on one level: faults at the sites of the run that is there.
struct step {
    uint32_t depth;   // faults of ours that this run has
    uint32_t number;  // of the site
    uint64_t before;  // digest of what was tried on the levels before
};

static void try_sites(struct way *way, uint32_t depth, uint32_t first, uint64_t before);

static const struct pp_site *site_of(const struct step *step) {
    return &levels[step->depth].sites[step->number];
}

static void keep_sites(uint32_t depth) {
    uint32_t count;
    const struct pp_site *sites = pp_run_sites(&count);
    levels[depth].count = count;
    if (count > 0) {
        levels[depth].sites =
            pp_grow(levels[depth].sites, &levels[depth].capacity, count - 1, sizeof(*sites));
        memcpy(levels[depth].sites, sites, count * sizeof(*sites));
    }
}

// Some sites are no place for a fault of ours: an answer was there before, or began earlier in the op.
static bool is_free(const struct pp_site *site) {
    return !site->is_answered && !(site->is_outcome && site->nth > 1);
}

static uint64_t key_of(uint64_t before, const struct pp_site *site) {
    const uint64_t words[] = {before, pp_place_at(site->place)->digest, site->state};
    return XXH3_64bits(words, sizeof(words));
}

static bool is_new(struct pp_map *map, uint64_t digest) {
    uintptr_t key = pp_map_key(digest);
    if (pp_map_get(map, key) != PP_MAP_NONE) {
        return false;
    }
    pp_map_put(map, key, 1);
    return true;
}

// With one fault more there are as many as this round is about; all others are on the way only.
static bool is_last(const struct way *way, const struct step *step) {
    return step->depth + 1 == way->all->depth;
}

// The fault was to come at its site; that it does shows that the injector is alive.
static bool has_come(const struct step *step) {
    uint32_t count;
    const struct pp_site *sites = pp_run_sites(&count);
    return step->number < count && sites[step->number].is_answered &&
           sites[step->number].place == site_of(step)->place;
}

static void judge(struct way *way, const struct pp_program *program) {
    struct pp_enumerated *sum = way->sum;

    sum->sums.run_count++;
    pp_enumerated_note_run(sum, way->verdict.digest);
    if (way->verdict.is_finding) {
        pp_enumerated_note_found(sum, way->verdict.finding.title, program);
        way->is_over = way->all->is_for_one;
    }
    way->is_over |= pp_interrupt_came();
}

// Plays the program with one more fault in it. A run that is on the way was judged before.
static void play(struct way *way, const struct step *step) {
    enum pp_sites_wanted wanted = is_last(way, step) ? PP_SITES_PLACES : PP_SITES_STATES;

    pp_subject_play(way->all->subject, way->program, wanted, &way->verdict);
    if (is_last(way, step)) {
        judge(way, way->program);
        way->sum->sums.dead_count += !has_come(step);
    }
}

// With choices, one op begins while another is under way: what came between it and its retry can be a
// reason to fail.
static bool is_in_order(const struct pp_program *program, uint16_t op) {
    for (uint16_t i = 0; i <= op; i++) {
        if (program->ops[i].choice_count > 0) {
            return false;
        }
    }
    return true;
}

// The op that the only fault belongs to once more, without it; the rest of the program follows.
static void try_again(struct way *way, const struct step *step) {
    static struct pp_program retry;
    uint16_t op = site_of(step)->op, next = (uint16_t)(op + 1);

    if (way->all->depth != 1 || way->is_over || way->verdict.is_finding || fails_anyway[op] ||
        !pp_run_has_failed(op) || !is_in_order(way->program, op)) {
        return;
    }
    if (way->program->op_count == PP_PROGRAM_OPS_MAX) {
        way->sum->sums.left_out_count++;
        return;
    }
    retry = *way->program;
    memmove(&retry.ops[next + 1], &retry.ops[next], (retry.op_count - next) * sizeof(retry.ops[0]));
    retry.ops[next] = (struct pp_op){.kind = PP_OP_AGAIN};
    retry.op_count++;
    pp_subject_play(way->all->subject, &retry, PP_SITES_PLACES, &way->verdict);
    judge(way, &retry);
    way->sum->sums.retry_count++;
    way->sum->sums.retry_failed_count += pp_run_advice()[PP_RULE_RETRY] > 0;
}

// The sites behind a fault, as they are after it. Two answers that lead to the same are tried on as one.
static uint64_t digest_rest(const struct step *step) {
    uint32_t count;
    const struct pp_site *sites = pp_run_sites(&count);
    uint64_t digest = key_of(step->before, site_of(step));

    for (uint32_t i = step->number + 1; i < count; i++) {
        digest = key_of(digest ^ sites[i].is_answered, &sites[i]);
    }
    return digest;
}

static uint32_t count_rest(const struct step *step) {
    uint32_t count, free_count = 0;
    const struct pp_site *sites = pp_run_sites(&count);

    for (uint32_t i = step->number + 1; i < count; i++) {
        free_count += is_free(&sites[i]);
    }
    return free_count;
}

// With more faults behind the one that was added last.
static void try_deeper(struct way *way, const struct step *step) {
    if (is_last(way, step) || way->verdict.is_finding) {
        return;
    }
    uint64_t before = digest_rest(step);
    if (way->all->is_pruned && !is_new(&keys, before)) {
        way->sum->sums.pruned_count += step->depth + 2 == way->all->depth ? count_rest(step) : 0;
        return;
    }
    keep_sites(step->depth + 1);
    try_sites(way, step->depth + 1, step->number + 1, before);
}

// True if the op has come to the point again, behind the site, in the last run.
static bool comes_again(const struct step *step) {
    uint32_t count;
    const struct pp_site *sites = pp_run_sites(&count), *it = site_of(step);

    for (uint32_t i = step->number + 1; i < count; i++) {
        if (sites[i].op == it->op && sites[i].point == it->point && !sites[i].is_outcome) {
            return true;
        }
    }
    return false;
}

// Fails the call, and then all from that one on, which is the same if there is no other.
static void try_failures(struct way *way, const struct step *step) {
    const struct pp_site *site = site_of(step);
    struct pp_op *op = &way->program->ops[site->op];
    bool differs = true;

    if (op->fault_count == PP_OP_FAULTS_MAX || site->nth == UINT8_MAX) {
        way->sum->sums.left_out_count += is_last(way, step);
        return;
    }
    struct pp_fault *fault = &op->faults[op->fault_count++];
    *fault = (struct pp_fault){.point = site->point, .nth = site->nth};
    for (unsigned for_good = 0; for_good < 2 && differs && !way->is_over; for_good++) {
        fault->is_persistent = for_good;
        play(way, step);
        differs = !for_good && comes_again(step);
        // What fails no second time has failed for good.
        if (is_last(way, step) && !for_good && !differs) {
            pp_places_at(&way->sum->places, site->place)->failed_for_good++;
        }
        try_deeper(way, step);
        try_again(way, step);
    }
    op->fault_count--;
}

// An outcome is for all calls of the op: the first one is where it begins.
static void try_outcomes(struct way *way, const struct step *step) {
    const struct pp_site *site = site_of(step);
    struct pp_op *op = &way->program->ops[site->op];

    if (op->outcome_count == PP_OP_OUTCOMES_MAX) {
        way->sum->sums.left_out_count += is_last(way, step);
        return;
    }
    struct pp_outcome *outcome = &op->outcomes[op->outcome_count++];
    for (unsigned status = 0; status < PP_STATUS_COUNT && !way->is_over; status++) {
        if (!(pp_outcome_infos[site->point].statuses >> status & 1)) {
            continue;
        }
        *outcome = (struct pp_outcome){site->point, (uint8_t)status};
        play(way, step);
        try_deeper(way, step);
        try_again(way, step);
    }
    op->outcome_count--;
}

static void try_site(struct way *way, const struct step *step) {
    if (site_of(step)->is_outcome) {
        try_outcomes(way, step);
    } else {
        try_failures(way, step);
    }
}

static void try_sites(struct way *way, uint32_t depth, uint32_t first, uint64_t before) {
    for (uint32_t i = first; i < levels[depth].count && !way->is_over; i++) {
        const struct step step = {depth, i, before};
        const struct pp_site *site = site_of(&step);
        if (!is_free(site)) {
            continue;
        }
        if (way->all->is_pruned && !is_new(&keys, key_of(before, site))) {
            way->sum->sums.pruned_count += is_last(way, &step);
            continue;
        }
        try_site(way, &step);
    }
}

static void begin_branches(const struct pp_enumeration *all, struct pp_enumerated *sum) {
    pp_map_clear(&branch_keys);
    for (uint32_t i = 0; i < levels[0].count; i++) {
        const struct pp_site *site = &levels[0].sites[i];
        if (!is_free(site)) {
            continue;
        }
        if (all->is_pruned && !is_new(&branch_keys, key_of(0, site))) {
            sum->sums.pruned_count++;
            continue;
        }
        branches = pp_grow(branches, &branch_capacity, branch_count, sizeof(*branches));
        branches[branch_count++] = i;
    }
}

uint32_t pp_enumerate_begin(const struct pp_enumeration *all, struct pp_verdict *ret_verdict,
                            struct pp_enumerated *sum) {
    pp_subject_play(all->subject, all->program, PP_SITES_STATES, ret_verdict);
    pp_enumerated_note_run(sum, ret_verdict->digest);
    keep_sites(0);
    branch_count = 0;
    for (uint16_t i = 0; i < all->program->op_count; i++) {
        fails_anyway[i] = pp_run_has_failed(i);
    }
    if (!ret_verdict->is_finding) {
        begin_branches(all, sum);
    }
    return branch_count;
}

void pp_enumerate_branch(const struct pp_enumeration *all, uint32_t branch, struct pp_enumerated *sum) {
    static struct pp_program program;
    static struct way way;
    const struct step step = {.number = branches[branch]};

    program = *all->program;
    way = (struct way){.all = all, .program = &program, .sum = sum};
    pp_map_clear(&keys);
    try_site(&way, &step);
}
