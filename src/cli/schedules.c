// SPDX-License-Identifier: MIT
#include "schedules.h"

#include "complaint.h"

#include <string.h>

static struct pp_verdict tried_verdict;

static bool is_found_again(const struct pp_subject *subject, const struct pp_program *program,
                           const char *title) {
    pp_subject_play(subject, program, PP_SITES_NONE, &tried_verdict);
    return tried_verdict.is_finding && strcmp(tried_verdict.finding.title, title) == 0;
}

// Leaves out one choice, if the rest finds the same.
static bool shrink_op(const struct pp_subject *subject, struct pp_program *program, struct pp_op *op,
                      const char *title) {
    for (uint32_t i = 0; i < op->choice_count; i++) {
        const struct pp_op before = *op;
        op->choice_count--;
        memmove(&op->choices[i], &op->choices[i + 1], (op->choice_count - i) * sizeof op->choices[0]);
        if (is_found_again(subject, program, title)) {
            return true;
        }
        *op = before;
    }
    return false;
}

// Until each choice is needed. What is left out may have been what made another one necessary.
static void shrink(const struct pp_subject *subject, struct pp_program *program, const char *title) {
    for (uint32_t i = program->op_count; i-- > 0;) {
        if (shrink_op(subject, program, &program->ops[i], title)) {
            i = program->op_count;
        }
    }
}

uint64_t pp_schedules_try(const struct pp_subject *subject, struct pp_program *program,
                          struct pp_verdict *ret_verdict) {
    static struct pp_program found;
    struct pp_search search = subject->options->search;
    uint64_t number = 0;

    pp_subject_play(subject, program, PP_SITES_NONE, ret_verdict);
    while (!ret_verdict->is_finding && number < subject->options->schedules) {
        // What is far beyond the end of the program as it is would hardly ever be reached.
        search.step_count = number == 0 ? ret_verdict->step_count : search.step_count;
        search.number = (uint32_t)++number;
        pp_subject_search(subject, program, &search, ret_verdict);
    }
    if (!ret_verdict->is_finding || number == 0) {
        return number;
    }
    found = *pp_run_recorded();
    if (!is_found_again(subject, &found, ret_verdict->finding.title)) {
        pp_complain("schedules", "what was found does not come again with its choices written down");
        return number;
    }
    shrink(subject, &found, ret_verdict->finding.title);
    *program = found;
    pp_subject_play(subject, program, PP_SITES_NONE, ret_verdict);
    return number;
}
