// SPDX-License-Identifier: MIT
// Text to plan, and plan to program (plan to text: print.c).
//
//   text    = { [ version | line ] [ "#" comment ] newline }     the version comes first
//   version = "plan" number
//   line    = ( "every" | word of an op ) attribute { attribute }
#include <poolproof/plan.h>

#include "attribute.h"

#include <stdio.h>
#include <string.h>

static bool parse_version(struct pp_scan *scan) {
    struct pp_word word = pp_scan_word(scan);
    uint32_t version = 0;

    if (!pp_word_is(word, "plan")) {
        return pp_scan_fail(scan, word.text, "missing version line: \"plan %d\" must come first",
                            PP_PLAN_VERSION);
    }
    pp_scan_space(scan);
    const char *begin = scan->at;
    if (!pp_scan_number(scan, "the format version", 0, UINT32_MAX, &version)) {
        return false;
    }
    if (version != PP_PLAN_VERSION) {
        return pp_scan_fail(scan, begin, "format version %u, this build reads %d", version,
                            PP_PLAN_VERSION);
    }
    scan->language = &pp_languages[PP_LANGUAGE_PROTOCOL];
    return pp_scan_is_done(scan) ||
           pp_scan_fail(scan, scan->at, "only a comment may follow the version");
}

static bool find_ops(struct pp_scan *scan, struct pp_plan_line *line) {
    struct pp_word word = pp_scan_word(scan);
    struct pp_nearest nearest = {.word = word};

    line->is_every = pp_word_is(word, "every");
    if (line->is_every) {
        return true;
    }
    pp_nearest_try(&nearest, "every");
    for (uint8_t kind = 0; kind < PP_OP_COUNT; kind++) {
        if (pp_word_is(word, pp_op_infos[kind].word)) {
            line->op.kind = kind;
            return true;
        }
        pp_nearest_try(&nearest, pp_op_infos[kind].word);
    }
    return pp_nearest_fail(&nearest, scan, "op", "\"list ops\" shows them all");
}

// === Contradictions ===

// Whenever `fault` would fire, `other` does.
static bool covers(const struct pp_fault *other, const struct pp_fault *fault) {
    if (other->point == PP_POINT_ANY && other->nth == 1 && other->is_persistent) {
        return true;
    }
    return other->point == fault->point &&
           (other->nth == fault->nth || (other->is_persistent && other->nth < fault->nth));
}

static bool check_fault(struct pp_scan *scan, const char *begin, const struct pp_op *other,
                        const struct pp_fault *fault) {
    for (unsigned i = 0; i < other->fault_count; i++) {
        if (&other->faults[i] == fault) {
            continue;
        }
        if (covers(&other->faults[i], fault) || covers(fault, &other->faults[i])) {
            return pp_scan_fail(scan, begin, "%s %u%s fails already, or fails what has failed",
                                pp_point_infos[fault->point].name, fault->nth,
                                fault->is_persistent ? ".." : "");
        }
    }
    return true;
}

static bool check_outcome(struct pp_scan *scan, const char *begin, const struct pp_op *other,
                          const struct pp_outcome *outcome) {
    for (unsigned i = 0; i < other->outcome_count; i++) {
        if (&other->outcomes[i] != outcome && other->outcomes[i].point == outcome->point) {
            return pp_scan_fail(scan, begin, "%s has its outcome already, %s",
                                pp_outcome_infos[outcome->point].name,
                                pp_status_words[other->outcomes[i].status]);
        }
    }
    return true;
}

// Two lines, or a line with itself.
static bool check_pair(struct pp_scan *scan, const char *begin, const struct pp_plan_line *line,
                       const struct pp_plan_line *other) {
    if (!line->is_every && !other->is_every && line->op.kind != other->op.kind) {
        return true;
    }
    for (unsigned i = 0; i < line->op.fault_count; i++) {
        if (!check_fault(scan, begin, &other->op, &line->op.faults[i])) {
            return false;
        }
    }
    for (unsigned i = 0; i < line->op.outcome_count; i++) {
        if (!check_outcome(scan, begin, &other->op, &line->op.outcomes[i])) {
            return false;
        }
    }
    return true;
}

static bool parse_line(struct pp_scan *scan, struct pp_plan *plan) {
    const char *begin = scan->at;
    if (plan->line_count == PP_PLAN_LINES_MAX) {
        return pp_scan_fail(scan, begin, "more than %d lines", PP_PLAN_LINES_MAX);
    }
    struct pp_plan_line *line = &plan->lines[plan->line_count];
    memset(line, 0, sizeof *line);
    if (!find_ops(scan, line) || !pp_attributes_parse(scan, &line->op)) {
        return false;
    }
    if (line->op.choice_count > 0) {
        return pp_scan_fail(scan, begin, "a plan has faults and outcomes, no choices");
    }
    if (line->op.fault_count + line->op.outcome_count == 0) {
        return pp_scan_fail(scan, scan->at,
                            "expected \"(fail: POINT N)\" or \"(outcome: POINT = STATUS)\"");
    }
    plan->line_count++;
    for (uint32_t i = 0; i < plan->line_count; i++) {
        if (!check_pair(scan, begin, line, &plan->lines[i])) {
            return false;
        }
    }
    return true;
}

bool pp_plan_parse(const char *text, size_t size, struct pp_plan *ret_plan, struct pp_error *ret_error) {
    struct pp_error error = {0};
    struct pp_plan plan = {0};
    struct pp_scan scan;
    bool is_end = false, is_good = true;

    pp_scan_init(&scan, text, size, &error);
    while (is_good && (is_good = pp_scan_line(&scan, &is_end)) && !is_end) {
        if (!pp_scan_is_done(&scan)) {
            is_good = scan.language ? parse_line(&scan, &plan) : parse_version(&scan);
        }
    }
    if (is_good && !scan.language) {
        is_good = pp_scan_fail(&scan, scan.at, "missing version line: \"plan %d\" must come first",
                               PP_PLAN_VERSION);
    }
    if (!is_good) {
        *ret_error = error;
        return false;
    }
    *ret_plan = plan;
    return true;
}

// === Plan to program ===

static void add_fault(struct pp_op *op, const struct pp_fault *fault) {
    for (unsigned i = 0; i < op->fault_count; i++) {
        if (op->faults[i].point == fault->point && op->faults[i].nth == fault->nth) {
            return;
        }
    }
    if (op->fault_count < PP_OP_FAULTS_MAX) {
        op->faults[op->fault_count++] = *fault;
    }
}

static void add_outcome(struct pp_op *op, const struct pp_outcome *outcome) {
    for (unsigned i = 0; i < op->outcome_count; i++) {
        if (op->outcomes[i].point == outcome->point) {
            return;
        }
    }
    if (op->outcome_count < PP_OP_OUTCOMES_MAX) {
        op->outcomes[op->outcome_count++] = *outcome;
    }
}

static void apply_line(const struct pp_plan_line *line, struct pp_op *op) {
    if (!line->is_every && line->op.kind != op->kind) {
        return;
    }
    for (unsigned i = 0; i < line->op.fault_count; i++) {
        add_fault(op, &line->op.faults[i]);
    }
    for (unsigned i = 0; i < line->op.outcome_count; i++) {
        add_outcome(op, &line->op.outcomes[i]);
    }
}

void pp_plan_apply(const struct pp_plan *plan, struct pp_program *program) {
    uint32_t op_count = program->language == PP_LANGUAGE_PROTOCOL ? program->op_count : 0;

    for (uint32_t i = 0; i < op_count; i++) {
        for (uint32_t j = 0; j < plan->line_count; j++) {
            apply_line(&plan->lines[j], &program->ops[i]);
        }
    }
}
