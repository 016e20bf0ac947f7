// SPDX-License-Identifier: MIT
// Bytes to program (the format: record.h). Total, and prefix-stable: a record is read from front to
// back, and nothing that follows it changes what it means.
#include "naming.h"
#include "record.h"

#include <string.h>

struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

static inline bool has(const struct reader *reader, size_t size) {
    return (size_t)(reader->end - reader->at) >= size;
}

// Division costs more than all the rest of a record; most values need none.
static inline uint32_t reduce(uint32_t value, uint32_t range) {
    return value < range ? value : value % range;
}

static inline uint32_t take_byte(struct reader *reader) { return *reader->at++; }

static inline uint32_t take_pair(struct reader *reader) {
    uint32_t low = take_byte(reader);
    return low | take_byte(reader) << 8;
}

static inline uint32_t take(struct reader *reader, uint32_t size) {
    uint32_t value = take_byte(reader);
    for (uint32_t i = 1; i < size; i++) {
        value |= take_byte(reader) << 8 * i;
    }
    return value;
}

enum op_reading { OP_KEPT, OP_LEFT_OUT, OP_CUT_OFF };

// Reads all of an op but its kind.
static enum op_reading read_op(struct reader *reader, const struct pp_naming *naming,
                               const struct pp_op_info *info, struct pp_op *ret_op) {
    enum op_reading reading = OP_KEPT;

    memset(ret_op, 0, sizeof *ret_op);
    for (unsigned i = 0; i < info->arg_count; i++) {
        const struct pp_arg_info *arg = &info->args[i];
        uint32_t size = pp_record_arg_size(arg);
        if (!has(reader, size)) {
            return OP_CUT_OFF;
        }
        uint32_t value = take(reader, size);
        if (arg->kind != PP_ARG_HANDLE) {
            uint32_t range = arg->max - arg->min + 1;  // 0: all of 32 bits
            ret_op->args[i] = range == 0 ? value : arg->min + reduce(value, range);
            continue;
        }
        uint32_t named = pp_naming_count(naming, arg->letter);
        if (named == 0) {
            reading = OP_LEFT_OUT;
        } else {
            ret_op->args[i] = reduce(value, named);
        }
    }
    return reading;
}

static void add_fault(struct pp_op *op, uint32_t which, uint32_t nth, uint32_t points) {
    which = reduce(which, 2 * PP_POINT_COUNT);
    struct pp_fault fault = {
        .point = (uint8_t)(which % PP_POINT_COUNT),
        .nth = (uint8_t)(1 + reduce(nth, UINT8_MAX)),
        .is_persistent = which >= PP_POINT_COUNT,
    };
    if (op->fault_count == PP_OP_FAULTS_MAX || !(points >> fault.point & 1)) {
        return;
    }
    for (unsigned i = 0; i < op->fault_count; i++) {
        if (op->faults[i].point == fault.point && op->faults[i].nth == fault.nth) {
            return;
        }
    }
    op->faults[op->fault_count++] = fault;
}

static uint8_t nth_status(uint32_t statuses, uint32_t nth) {
    for (nth = reduce(nth, (uint32_t)__builtin_popcount(statuses)); nth > 0; nth--) {
        statuses &= statuses - 1;
    }
    return (uint8_t)__builtin_ctz(statuses);
}

static void add_outcome(struct pp_op *op, uint32_t point, uint32_t nth) {
    point = reduce(point, PP_OUTCOME_COUNT);
    if (op->outcome_count == PP_OP_OUTCOMES_MAX) {
        return;
    }
    for (unsigned i = 0; i < op->outcome_count; i++) {
        if (op->outcomes[i].point == point) {
            return;
        }
    }
    op->outcomes[op->outcome_count++] = (struct pp_outcome){
        .point = (uint8_t)point,
        .status = nth_status(pp_outcome_infos[point].statuses, nth),
    };
}

static void add_choice(struct pp_op *op, uint32_t at, uint32_t accesses, uint32_t target) {
    struct pp_choice choice = {.at = (uint16_t)(at == 0 && accesses == 0 ? 1 : at),
                               .accesses = (uint16_t)accesses,
                               .target = (uint8_t)target};
    uint32_t count = op->choice_count;
    if (count == PP_OP_CHOICES_MAX ||
        (count > 0 && pp_choice_place(&choice) <= pp_choice_place(&op->choices[count - 1]))) {
        return;
    }
    op->choices[op->choice_count++] = choice;
}

// Returns false if the record is cut off. Without an op the payload is only skipped.
static bool read_attribute(struct reader *reader, enum pp_attribute attribute, uint32_t points,
                           struct pp_op *op) {
    size_t size = attribute == PP_ATTRIBUTE_FAULT     ? PP_RECORD_FAULT_SIZE
                  : attribute == PP_ATTRIBUTE_OUTCOME ? PP_RECORD_OUTCOME_SIZE
                                                      : PP_RECORD_CHOICE_SIZE;
    if (!has(reader, size - 1)) {
        return false;
    }
    bool is_choice = attribute == PP_ATTRIBUTE_CHOICE;
    uint32_t first = is_choice ? take_pair(reader) : take_byte(reader);
    uint32_t second = is_choice ? take_pair(reader) : take_byte(reader);
    uint32_t third = is_choice ? take_byte(reader) : 0;
    if (!op) {
        return true;
    }
    switch (attribute) {
    case PP_ATTRIBUTE_FAULT: add_fault(op, first, second, points); break;
    case PP_ATTRIBUTE_OUTCOME: add_outcome(op, first, second); break;
    default: add_choice(op, first, second, third); break;
    }
    return true;
}

void pp_program_decode(enum pp_language language, const uint8_t *bytes, size_t size,
                       struct pp_program *ret_program) {
    const struct pp_language_info *info = &pp_languages[language];
    const struct pp_op_info *ops = info->ops;
    uint32_t op_count = info->op_count, tag_count = op_count + info->attribute_count;
    size_t used = size < PP_PROGRAM_BYTES_MAX ? size : PP_PROGRAM_BYTES_MAX;
    // Pointer arithmetic on NULL is undefined even by zero.
    struct reader reader = {.at = bytes, .end = used ? bytes + used : bytes};
    struct pp_naming naming = {0};
    struct pp_op *last = NULL;  // the op that attributes belong to; NULL if it was left out

    ret_program->language = language;
    ret_program->op_count = 0;
    while (reader.at != reader.end) {
        uint32_t tag = reduce(take_byte(&reader), tag_count);
        if (tag >= op_count) {
            if (!read_attribute(&reader, tag - op_count, info->points, last)) {
                return;
            }
            continue;
        }
        if (ret_program->op_count == PP_PROGRAM_OPS_MAX) {
            return;
        }
        last = &ret_program->ops[ret_program->op_count];
        switch (read_op(&reader, &naming, &ops[tag], last)) {
        case OP_KEPT:
            last->kind = (uint8_t)tag;
            ret_program->op_count++;
            pp_naming_add(&naming, &ops[tag]);
            break;
        case OP_LEFT_OUT: last = NULL; break;
        case OP_CUT_OFF: return;
        }
    }
}
