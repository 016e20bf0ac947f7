// SPDX-License-Identifier: MIT
#include "attribute.h"

#include <stdio.h>
#include <string.h>

static int find_point(struct pp_word word, const struct pp_point_info *infos, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        if (pp_word_is(word, infos[i].name)) {
            return (int)i;
        }
    }
    return -1;
}

static bool refuse_point(struct pp_scan *scan, const char *what, struct pp_word word,
                         const struct pp_point_info *infos, unsigned count) {
    struct pp_nearest nearest = {.word = word};

    for (unsigned i = 0; i < count; i++) {
        pp_nearest_try(&nearest, infos[i].name);
    }
    return pp_nearest_fail(&nearest, scan, what, "\"list points\" shows them all");
}

static bool parse_fault(struct pp_scan *scan, struct pp_op *op) {
    struct pp_word word = pp_scan_word(scan);
    int point = find_point(word, pp_point_infos, PP_POINT_COUNT);
    uint32_t nth = 0;

    if (point < 0) {
        if (find_point(word, pp_outcome_infos, PP_OUTCOME_COUNT) >= 0) {
            return pp_scan_fail(scan, word.text, "%.*s has outcomes: write \"(outcome: %.*s = status)\"",
                                PP_WORD_PRINTED(word), PP_WORD_PRINTED(word));
        }
        return refuse_point(scan, "fault point", word, pp_point_infos, PP_POINT_COUNT);
    }
    if (!(scan->language->points >> point & 1)) {
        return pp_scan_fail(scan, word.text, "%s cannot fail in %s programs", pp_point_infos[point].name,
                            scan->language->word);
    }
    pp_scan_space(scan);
    const char *begin = scan->at;
    if (!pp_scan_number(scan, "the call", 1, UINT8_MAX, &nth)) {
        return false;
    }
    bool is_persistent = pp_scan_take(scan, "..");
    if (op->fault_count == PP_OP_FAULTS_MAX) {
        return pp_scan_fail(scan, word.text, "more than %d faults in one op", PP_OP_FAULTS_MAX);
    }
    for (unsigned i = 0; i < op->fault_count; i++) {
        if (op->faults[i].point == point && op->faults[i].nth == nth) {
            return pp_scan_fail(scan, begin, "%s %u fails already", pp_point_infos[point].name, nth);
        }
    }
    op->faults[op->fault_count++] =
        (struct pp_fault){.point = (uint8_t)point, .nth = (uint8_t)nth, .is_persistent = is_persistent};
    return true;
}

static bool parse_status(struct pp_scan *scan, const struct pp_point_info *info, uint8_t *ret_status) {
    struct pp_word word = pp_scan_word(scan);
    char answers[96] = "";

    for (unsigned i = 0; i < PP_STATUS_COUNT; i++) {
        if (!(info->statuses >> i & 1)) {
            continue;
        }
        if (pp_word_is(word, pp_status_words[i])) {
            *ret_status = (uint8_t)i;
            return true;
        }
        size_t length = strlen(answers);
        snprintf(answers + length, sizeof answers - length, "%s%s", length ? ", " : "",
                 pp_status_words[i]);
    }
    return pp_scan_fail(scan, word.text, "%s answers %s; not \"%.*s\"", info->name, answers,
                        PP_WORD_PRINTED(word));
}

static bool parse_outcome(struct pp_scan *scan, struct pp_op *op) {
    struct pp_word word = pp_scan_word(scan);
    int point = find_point(word, pp_outcome_infos, PP_OUTCOME_COUNT);
    uint8_t status = 0;

    if (point < 0) {
        if (find_point(word, pp_point_infos, PP_POINT_COUNT) >= 0) {
            return pp_scan_fail(scan, word.text, "%.*s has no outcomes: write \"(fail: %.*s 1)\"",
                                PP_WORD_PRINTED(word), PP_WORD_PRINTED(word));
        }
        return refuse_point(scan, "outcome point", word, pp_outcome_infos, PP_OUTCOME_COUNT);
    }
    if (!pp_scan_expect(scan, "=", "the point") ||
        !parse_status(scan, &pp_outcome_infos[point], &status)) {
        return false;
    }
    for (unsigned i = 0; i < op->outcome_count; i++) {
        if (op->outcomes[i].point == point) {
            return pp_scan_fail(scan, word.text, "%s has its outcome already",
                                pp_outcome_infos[point].name);
        }
    }
    if (op->outcome_count == PP_OP_OUTCOMES_MAX) {
        return pp_scan_fail(scan, word.text, "more than %d outcomes in one op", PP_OP_OUTCOMES_MAX);
    }
    op->outcomes[op->outcome_count++] = (struct pp_outcome){.point = (uint8_t)point, .status = status};
    return true;
}

static bool parse_choice(struct pp_scan *scan, struct pp_op *op) {
    uint32_t at = 0, accesses = 0, target = PP_TARGET_TIME;

    pp_scan_space(scan);
    const char *begin = scan->at;
    if (!pp_scan_number(scan, "the switch point", 0, UINT16_MAX, &at) ||
        (pp_scan_take(scan, "+") &&
         !pp_scan_number(scan, "the number of accesses", 1, UINT16_MAX, &accesses))) {
        return false;
    }
    if (at == 0 && accesses == 0) {
        return pp_scan_fail(scan, begin, "the first switch point is 1, or 0+1");
    }
    if (!pp_scan_expect(scan, "->", "the switch point") ||
        (!pp_scan_take(scan, "time") &&
         !pp_scan_number(scan, "the fiber", 0, PP_TARGET_TIME - 1, &target))) {
        return false;
    }
    if (op->choice_count == PP_OP_CHOICES_MAX) {
        return pp_scan_fail(scan, begin, "more than %d choices in one op", PP_OP_CHOICES_MAX);
    }
    const struct pp_choice choice = {(uint16_t)at, (uint16_t)accesses, (uint8_t)target};
    if (op->choice_count > 0 &&
        pp_choice_place(&choice) <= pp_choice_place(&op->choices[op->choice_count - 1])) {
        return pp_scan_fail(scan, begin, "switch points must ascend");
    }
    op->choices[op->choice_count++] = choice;
    return true;
}

static const struct attribute {
    const char *word;
    bool (*parse)(struct pp_scan *scan, struct pp_op *op);
} attributes[PP_ATTRIBUTE_COUNT] = {
    [PP_ATTRIBUTE_FAULT] = {"fail", parse_fault},
    [PP_ATTRIBUTE_OUTCOME] = {"outcome", parse_outcome},
    [PP_ATTRIBUTE_CHOICE] = {"at", parse_choice},
};

static bool parse_attribute(struct pp_scan *scan, struct pp_op *op) {
    struct pp_word word = pp_scan_word(scan);
    struct pp_nearest nearest = {.word = word};

    for (unsigned i = 0; i < PP_ATTRIBUTE_COUNT; i++) {
        if (!pp_word_is(word, attributes[i].word)) {
            continue;
        }
        if (i >= scan->language->attribute_count) {
            return pp_scan_fail(scan, word.text, "%s programs have no attribute \"%s\"",
                                scan->language->word, attributes[i].word);
        }
        return pp_scan_expect(scan, ":", attributes[i].word) && attributes[i].parse(scan, op) &&
               pp_scan_expect(scan, ")", "the attribute");
    }
    for (unsigned i = 0; i < PP_ATTRIBUTE_COUNT; i++) {
        pp_nearest_try(&nearest, attributes[i].word);
    }
    return pp_nearest_fail(&nearest, scan, "attribute", "there are fail, outcome and at");
}

bool pp_attributes_parse(struct pp_scan *scan, struct pp_op *op) {
    while (!pp_scan_is_done(scan)) {
        if (!pp_scan_take(scan, "(")) {
            return pp_scan_fail(scan, scan->at, "expected an attribute, a comment or the line's end");
        }
        if (!parse_attribute(scan, op)) {
            return false;
        }
    }
    return true;
}
