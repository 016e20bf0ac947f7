// SPDX-License-Identifier: MIT
#include "attempt.h"

#include "complaint.h"
#include "interrupt.h"
#include "load.h"
#include "progress.h"
#include "workers.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static struct pp_attempt attempt;

static bool add_part(void *context, const struct pp_enumerated *part) {
    const struct pp_enumeration *all = context;
    uint32_t found_before = attempt.counts.found_count;

    pp_enumerated_add(&attempt.counts, part);
    pp_progress_add(part->sums.run_count, attempt.counts.found_count - found_before);
    return !(all->is_for_one && attempt.counts.found_count > 0);
}

// Which faults a program could have is known of programs for a driver.
static bool is_enumerable(const struct pp_subject *subject) {
    if (attempt.program.language != PP_LANGUAGE_PROTOCOL) {
        pp_complain(attempt.path, "is a pool program; faults are tried with programs for a driver");
        return false;
    }
    return pp_subject_takes(subject, attempt.program.language, attempt.path);
}

static bool load(const struct pp_subject *subject) {
    const uint8_t *bytes = NULL;
    size_t size = 0;

    if (!pp_load(attempt.path, PP_LANGUAGE_PROTOCOL, &attempt.program, &bytes, &size)) {
        return false;
    }
    attempt.file_digest = XXH3_64bits(bytes, size);
    pp_subject_apply_plan(subject, &attempt.program);
    return is_enumerable(subject);
}

// Returns false if it did not come to its end.
static bool enumerate(const struct pp_subject *subject) {
    const struct pp_options *options = subject->options;
    struct pp_enumeration all = {.subject = subject,
                                 .program = &attempt.program,
                                 .is_pruned = !options->is_unpruned,
                                 .is_for_one = !options->is_for_all};
    bool is_whole = true;

    uint32_t end = pp_enumerate_begin(&all, &attempt.own, &attempt.counts);
    pp_progress_add(1, attempt.own.is_finding);
    for (all.depth = 1; all.depth <= options->depth && is_whole; all.depth++) {
        uint64_t before = attempt.counts.sums.run_count;
        if (!all.is_for_one || attempt.counts.found_count == 0) {
            is_whole = pp_workers_play(&all, 0, end, (uint32_t)options->jobs, add_part, &all);
        }
        attempt.run_counts[all.depth - 1] = attempt.counts.sums.run_count - before;
    }
    return is_whole;
}

const struct pp_attempt *pp_attempt_play(const struct pp_subject *subject, const char *path) {
    attempt.path = path;
    pp_enumerated_clear(&attempt.counts);
    bool is_good = load(subject) && enumerate(subject);
    attempt.is_whole = !pp_interrupt_came();
    pp_progress_add_program();
    return is_good ? &attempt : NULL;
}
